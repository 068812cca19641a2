// SPDX-License-Identifier: Apache-2.0
// Two's complement of BITS bits, which wraps or stops at its ends.
module accumulator_integer #(
    parameter integer BITS = 32,
    parameter integer PRODUCT = 16,
    parameter integer SATURATES = 0
) (
    input  wire [BITS-1:0] sum,
    input  wire negate,
    input  wire [PRODUCT-1:0] product,  // two's complement
    output wire [BITS-1:0] result
);
    localparam integer WIDE = (BITS > PRODUCT ? BITS : PRODUCT) + 1;

    wire [PRODUCT-1:0] term = product ^ {PRODUCT{negate}};
    wire [WIDE-1:0] total = {{(WIDE-BITS){sum[BITS-1]}}, sum} +
                            {{(WIDE-PRODUCT){term[PRODUCT-1]}}, term} +
                            {{(WIDE-1){1'b0}}, negate};
    generate
        if (SATURATES != 0) begin : saturating
            wire negative = total[WIDE-1];
            wire fits = total[WIDE-1:BITS-1] == {(WIDE-BITS+1){negative}};
            assign result = fits ? total[BITS-1:0] : {negative, {(BITS-1){~negative}}};
        end else begin : wrapping
            assign result = total[BITS-1:0];
        end
    endgenerate
endmodule
