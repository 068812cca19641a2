// SPDX-License-Identifier: Apache-2.0
// The adder of a processing element: a sum and a product (arithmetic.svh) give the next sum.
`include "arithmetic.svh"
module accumulator #(`ARITHMETIC_PARAMETERS) (
    input  wire [SUM_BITS-1:0] sum,
    input  wire [`PRODUCT_BITS-1:0] product,
    output wire [SUM_BITS-1:0] result
);
    localparam integer SIGNIFICAND = `PRODUCT_SIGNIFICAND_BITS;
    localparam integer EXPONENT = `PRODUCT_EXPONENT_BITS;

    wire [SIGNIFICAND-1:0] significand = product[SIGNIFICAND-1:0];
    wire [EXPONENT-1:0] exponent = product[SIGNIFICAND +: EXPONENT];
    wire negate = product[SIGNIFICAND+EXPONENT];
    wire infinite = product[SIGNIFICAND+EXPONENT+1];
    wire nan = product[SIGNIFICAND+EXPONENT+2];

    // Of the lowest exponent: 1 - bias with subnormals, where it is that of two fields, else -bias.
    localparam integer A_LOWEST = (A_SUBNORMALS != 0 || A_MANTISSA == 0 ? 1 : 0) - A_BIAS;
    localparam integer W_LOWEST = (W_SUBNORMALS != 0 || W_MANTISSA == 0 ? 1 : 0) - W_BIAS;
    // Exponent field, in a float register, of a product whose significand has its top bit set and
    // whose exponent is 0. A significand is not negative, the bit above is zero.
    localparam integer OFFSET =
        A_LOWEST - A_MANTISSA + W_LOWEST - W_MANTISSA + SIGNIFICAND - 2 + SUM_BIAS;

    generate
        if (ACCUMULATOR == `ACCUMULATOR_FLOAT) begin : floating
            accumulator_float #(
                .EXPONENT(SUM_EXPONENT), .MANTISSA(SUM_MANTISSA),
                .PRODUCT_SIGNIFICAND(SIGNIFICAND - 1), .PRODUCT_EXPONENT(EXPONENT),
                .OFFSET(OFFSET)
            ) circuit (
                .sum(sum), .nan(nan), .infinite(infinite), .negate(negate), .exponent(exponent),
                .significand(significand[SIGNIFICAND-2:0]), .result(result)
            );
        end else if (ACCUMULATOR == `ACCUMULATOR_FLOAT_FLUSH) begin : flushing
            accumulator_float_flush #(
                .EXPONENT(SUM_EXPONENT), .MANTISSA(SUM_MANTISSA),
                .PRODUCT_SIGNIFICAND(SIGNIFICAND - 1), .PRODUCT_EXPONENT(EXPONENT),
                .OFFSET(OFFSET)
            ) circuit (
                .sum(sum), .negate(negate), .exponent(exponent),
                .significand(significand[SIGNIFICAND-2:0]), .result(result)
            );
        end else if (ACCUMULATOR == `ACCUMULATOR_EXACT) begin : exact
            accumulator_exact #(
                .BITS(SUM_BITS), .SIGNIFICAND(SIGNIFICAND), .EXPONENT(EXPONENT)
            ) circuit (
                .sum(sum), .negate(negate), .exponent(exponent), .significand(significand),
                .result(result)
            );
        end else begin : integers
            accumulator_integer #(
                .BITS(SUM_BITS), .PRODUCT(SIGNIFICAND), .SATURATES(SUM_SATURATES)
            ) circuit (
                .sum(sum), .negate(negate), .product(significand), .result(result)
            );
        end
    endgenerate
endmodule
