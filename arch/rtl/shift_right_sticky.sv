// SPDX-License-Identifier: Apache-2.0
// Shifts to the right; `sticky` tells whether a one was lost. AMOUNT bits of distance must reach
// BITS.
module shift_right_sticky #(
    parameter integer BITS = 27,
    parameter integer AMOUNT = $clog2(BITS + 1)
) (
    input  wire [BITS-1:0] value,
    input  wire [AMOUNT-1:0] distance,
    output reg  [BITS-1:0] shifted,
    output reg  sticky
);
    integer stage;
    always_comb begin
        shifted = value;
        sticky = 1'b0;
        for (stage = 0; stage < AMOUNT; stage = stage + 1) begin
            sticky = sticky | (distance[stage] &
                               (|(shifted & ~({BITS{1'b1}} << (1 << stage)))));
            shifted = distance[stage] ? shifted >> (1 << stage) : shifted;
        end
    end
endmodule
