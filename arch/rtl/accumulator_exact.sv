// SPDX-License-Identifier: Apache-2.0
// Fixed point that never rounds (Kulisch): the product is shifted to its place and added. The
// product is complemented before it is shifted, with ones behind it, and the missing one is the
// adder's carry: that takes fewer gates than to complement the wide word.
module accumulator_exact #(
    parameter integer BITS = 53,
    parameter integer SIGNIFICAND = 9,
    parameter integer EXPONENT = 5
) (
    input  wire [BITS-1:0] sum,
    input  wire negate,
    input  wire [EXPONENT-1:0] exponent,
    input  wire [SIGNIFICAND-1:0] significand,  // two's complement
    output wire [BITS-1:0] result
);
    wire [SIGNIFICAND-1:0] complemented = significand ^ {SIGNIFICAND{negate}};
    localparam integer WIDE = BITS > SIGNIFICAND ? BITS : SIGNIFICAND;
    wire [WIDE:0] extended = {{(WIDE+1-SIGNIFICAND){complemented[SIGNIFICAND-1]}}, complemented};

    reg [BITS-1:0] aligned;
    integer stage;
    always_comb begin
        aligned = extended[BITS-1:0];
        for (stage = 0; stage < EXPONENT; stage = stage + 1) begin
            if (exponent[stage]) begin
                aligned = (aligned << (1 << stage)) |
                          ({BITS{negate}} & ~({BITS{1'b1}} << (1 << stage)));
            end
        end
    end
    assign result = sum + aligned + {{(BITS-1){1'b0}}, negate};
endmodule
