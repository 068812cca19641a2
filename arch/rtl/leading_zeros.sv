// SPDX-License-Identifier: Apache-2.0
// Counts the zeros above the highest one, by halves; BITS or more of a value of zero.
module leading_zeros #(
    parameter integer BITS = 8,
    parameter integer COUNT = $clog2(BITS + 1)
) (
    input  wire [BITS-1:0] value,
    output reg  [COUNT-1:0] count
);
    localparam integer WIDE = 1 << COUNT;

    reg [WIDE-1:0] word;   // what is left to look at: the upper half, if it is not zero
    reg [WIDE-1:0] upper;
    integer stage;
    always_comb begin
        word = {value, {(WIDE-BITS){1'b1}}};
        for (stage = COUNT - 1; stage >= 0; stage = stage - 1) begin
            upper = word >> (1 << stage);
            count[stage] = ~|upper;
            word = |upper ? upper : word & ~({WIDE{1'b1}} << (1 << stage));
        end
    end
endmodule
