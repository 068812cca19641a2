// SPDX-License-Identifier: Apache-2.0
// The arithmetic of processing elements by itself: rtl_arithmetic_test.cpp names the same circuits
// in the same order. A product is laid out in a lane of 64 bits: significand (32, two's
// complement), exponent (16), negate, infinite, NaN.
`include "arithmetic.svh"

`define INTEGERS(A, A_SIGN, W, W_SIGN) \
    .A_BITS(A), .A_SIGNED(A_SIGN), .W_BITS(W), .W_SIGNED(W_SIGN)
`define FLOATS(AE, AM, AS, WE, WM, WS) \
    .MULTIPLIER(`MULTIPLIER_MINIFLOAT), .A_BITS(1 + AE + AM), .A_EXPONENT(AE), .A_MANTISSA(AM), \
    .A_SPECIALS(AS), .W_BITS(1 + WE + WM), .W_EXPONENT(WE), .W_MANTISSA(WM), .W_SPECIALS(WS)
`define BIT_SERIAL(A, A_SIGN, W, W_SIGN) \
    .MULTIPLIER(`MULTIPLIER_BIT_SERIAL), `INTEGERS(A, A_SIGN, W, W_SIGN)
`define SHIFT(A, A_SIGN, W) \
    .MULTIPLIER(`MULTIPLIER_SHIFT), .A_BITS(A), .A_SIGNED(A_SIGN), .W_BITS(W)
`define SHORT .A_SUBNORMALS(0), .W_SUBNORMALS(0)
`define SIGN_MAGNITUDE(A, W) \
    .MULTIPLIER(`MULTIPLIER_SIGN_MAGNITUDE), .A_BITS(A), .W_BITS(W)
`define FLOAT(EXPONENT, MANTISSA) \
    .ACCUMULATOR(`ACCUMULATOR_FLOAT), .SUM_BITS(1 + EXPONENT + MANTISSA), \
    .SUM_EXPONENT(EXPONENT), .SUM_MANTISSA(MANTISSA), .SUM_BIAS((1 << (EXPONENT - 1)) - 1)

`define FLOAT_FLUSH(EXPONENT, MANTISSA) \
    .ACCUMULATOR(`ACCUMULATOR_FLOAT_FLUSH), .SUM_BITS(1 + EXPONENT + MANTISSA), \
    .SUM_EXPONENT(EXPONENT), .SUM_MANTISSA(MANTISSA), .SUM_BIAS((1 << (EXPONENT - 1)) - 1)

`define PRODUCT(INDEX) \
    product``INDEX ( \
        .clock(clock), .first(first), .activation(activation), .weight(weight), \
        .lane(products[64*INDEX +: 64]))
`define ADDITION(INDEX) \
    addition``INDEX ( \
        .activation(activation), .weight(weight), .sum(sum), .lane(results[32*INDEX +: 32]))

module rtl_arithmetic (
    input  wire clock,
    input  wire first,
    input  wire [7:0] activation,
    input  wire [7:0] weight,
    input  wire [31:0] sum,
    input  wire [34:0] composed_activation,
    input  wire [34:0] composed_weight,
    output wire [64*30-1:0] products,
    output wire [32*27-1:0] results,
    output wire [16:0] composed_of_eight,
    output wire [8:0] composed_of_four  // of the lowest 10 bits of the operands
);
    product_lane #(`INTEGERS(8, 1, 8, 1)) `PRODUCT(0);
    product_lane #(`INTEGERS(8, 0, 8, 1)) `PRODUCT(1);
    product_lane #(`INTEGERS(8, 1, 8, 0)) `PRODUCT(2);
    product_lane #(`INTEGERS(8, 0, 8, 0)) `PRODUCT(3);
    product_lane #(`INTEGERS(4, 1, 4, 1)) `PRODUCT(4);
    product_lane #(`INTEGERS(5, 1, 3, 0)) `PRODUCT(5);
    product_lane #(`INTEGERS(2, 1, 7, 1)) `PRODUCT(6);
    product_lane #(`INTEGERS(8, 1, 1, 1)) `PRODUCT(7);

    product_lane #(`FLOATS(4, 3, `SPECIALS_NAN_ONLY, 4, 3, `SPECIALS_NAN_ONLY)) `PRODUCT(8);
    product_lane #(`FLOATS(5, 2, `SPECIALS_IEEE, 5, 2, `SPECIALS_IEEE)) `PRODUCT(9);
    product_lane #(`FLOATS(2, 1, `SPECIALS_NONE, 2, 1, `SPECIALS_NONE)) `PRODUCT(10);
    product_lane #(`FLOATS(3, 2, `SPECIALS_NONE, 2, 3, `SPECIALS_NONE)) `PRODUCT(11);
    product_lane #(`FLOATS(4, 3, `SPECIALS_FNUZ, 5, 2, `SPECIALS_FNUZ)) `PRODUCT(12);
    product_lane #(`FLOATS(4, 3, `SPECIALS_NAN_ONLY, 5, 2, `SPECIALS_IEEE)) `PRODUCT(13);
    product_lane #(`FLOATS(3, 4, `SPECIALS_IEEE, 2, 1, `SPECIALS_NONE)) `PRODUCT(14);

    product_lane #(`BIT_SERIAL(8, 1, 8, 1)) `PRODUCT(15);
    product_lane #(`BIT_SERIAL(8, 0, 8, 0)) `PRODUCT(16);
    product_lane #(`BIT_SERIAL(8, 1, 3, 0)) `PRODUCT(17);
    product_lane #(`BIT_SERIAL(8, 0, 4, 1)) `PRODUCT(18);
    product_lane #(`BIT_SERIAL(4, 1, 4, 1)) `PRODUCT(19);

    product_lane #(`SHIFT(8, 1, 4)) `PRODUCT(20);
    product_lane #(`SHIFT(8, 0, 4)) `PRODUCT(21);
    product_lane #(`SHIFT(8, 1, 3)) `PRODUCT(22);

    product_lane #(`FLOATS(4, 3, `SPECIALS_NONE, 4, 3, `SPECIALS_NONE), `SHORT) `PRODUCT(23);
    product_lane #(`FLOATS(2, 1, `SPECIALS_NONE, 3, 2, `SPECIALS_NONE), `SHORT) `PRODUCT(24);
    product_lane #(`FLOATS(4, 3, `SPECIALS_NONE, 2, 1, `SPECIALS_NONE), .A_SUBNORMALS(0))
        `PRODUCT(25);
    product_lane #(`FLOATS(3, 2, `SPECIALS_NONE, 3, 0, `SPECIALS_NONE), `SHORT) `PRODUCT(26);
    product_lane #(.MULTIPLIER(`MULTIPLIER_XNOR), .A_BITS(1), .W_BITS(1)) `PRODUCT(27);
    product_lane #(`SIGN_MAGNITUDE(8, 8)) `PRODUCT(28);
    product_lane #(`SIGN_MAGNITUDE(5, 3)) `PRODUCT(29);

    addition_lane #(`FLOATS(4, 3, `SPECIALS_NAN_ONLY, 4, 3, `SPECIALS_NAN_ONLY),
                    .A_BIAS(7), .W_BIAS(7), `FLOAT(8, 23)) `ADDITION(0);
    addition_lane #(`FLOATS(4, 3, `SPECIALS_NAN_ONLY, 4, 3, `SPECIALS_NAN_ONLY),
                    .A_BIAS(7), .W_BIAS(7), `FLOAT(5, 10)) `ADDITION(1);
    addition_lane #(`FLOATS(4, 3, `SPECIALS_NAN_ONLY, 4, 3, `SPECIALS_NAN_ONLY),
                    .A_BIAS(7), .W_BIAS(7), `FLOAT(8, 7)) `ADDITION(2);
    addition_lane #(`FLOATS(5, 2, `SPECIALS_IEEE, 5, 2, `SPECIALS_IEEE),
                    .A_BIAS(15), .W_BIAS(15), `FLOAT(8, 23)) `ADDITION(3);
    addition_lane #(`FLOATS(5, 2, `SPECIALS_IEEE, 5, 2, `SPECIALS_IEEE),
                    .A_BIAS(15), .W_BIAS(15), `FLOAT(5, 10)) `ADDITION(4);
    addition_lane #(`FLOATS(5, 2, `SPECIALS_IEEE, 5, 2, `SPECIALS_IEEE),
                    .A_BIAS(15), .W_BIAS(15), `FLOAT(8, 7)) `ADDITION(5);

    addition_lane #(`FLOATS(2, 1, `SPECIALS_NONE, 2, 1, `SPECIALS_NONE),
                    .A_BIAS(1), .W_BIAS(1), `FLOAT_FLUSH(8, 23)) `ADDITION(6);
    addition_lane #(`FLOATS(2, 1, `SPECIALS_NONE, 2, 1, `SPECIALS_NONE),
                    .A_BIAS(1), .W_BIAS(1), `FLOAT_FLUSH(5, 10)) `ADDITION(7);
    addition_lane #(`FLOATS(2, 1, `SPECIALS_NONE, 2, 1, `SPECIALS_NONE),
                    .A_BIAS(1), .W_BIAS(1), `FLOAT_FLUSH(8, 7)) `ADDITION(8);
    addition_lane #(`FLOATS(2, 1, `SPECIALS_NONE, 2, 1, `SPECIALS_NONE),
                    .A_BIAS(1), .W_BIAS(1), `FLOAT_FLUSH(6, 9)) `ADDITION(9);
    addition_lane #(`FLOATS(3, 2, `SPECIALS_NONE, 3, 2, `SPECIALS_NONE),
                    .A_BIAS(3), .W_BIAS(3), `FLOAT_FLUSH(8, 23)) `ADDITION(10);
    addition_lane #(`FLOATS(3, 2, `SPECIALS_NONE, 3, 2, `SPECIALS_NONE),
                    .A_BIAS(3), .W_BIAS(3), `FLOAT_FLUSH(5, 10)) `ADDITION(11);
    addition_lane #(`FLOATS(3, 2, `SPECIALS_NONE, 3, 2, `SPECIALS_NONE),
                    .A_BIAS(3), .W_BIAS(3), `FLOAT_FLUSH(8, 7)) `ADDITION(12);
    addition_lane #(`FLOATS(3, 2, `SPECIALS_NONE, 3, 2, `SPECIALS_NONE),
                    .A_BIAS(3), .W_BIAS(3), `FLOAT_FLUSH(6, 9)) `ADDITION(13);
    addition_lane #(`FLOATS(4, 3, `SPECIALS_NONE, 4, 3, `SPECIALS_NONE),
                    .A_BIAS(7), .W_BIAS(7), `FLOAT_FLUSH(8, 23)) `ADDITION(14);
    addition_lane #(`FLOATS(4, 3, `SPECIALS_NONE, 4, 3, `SPECIALS_NONE),
                    .A_BIAS(7), .W_BIAS(7), `FLOAT_FLUSH(5, 10)) `ADDITION(15);
    addition_lane #(`FLOATS(4, 3, `SPECIALS_NONE, 4, 3, `SPECIALS_NONE),
                    .A_BIAS(7), .W_BIAS(7), `FLOAT_FLUSH(8, 7)) `ADDITION(16);
    addition_lane #(`FLOATS(4, 3, `SPECIALS_NONE, 4, 3, `SPECIALS_NONE),
                    .A_BIAS(7), .W_BIAS(7), `FLOAT_FLUSH(6, 9)) `ADDITION(17);
    addition_lane #(`FLOATS(5, 2, `SPECIALS_NONE, 5, 2, `SPECIALS_NONE),
                    .A_BIAS(15), .W_BIAS(15), `FLOAT_FLUSH(8, 23)) `ADDITION(18);
    addition_lane #(`FLOATS(5, 2, `SPECIALS_NONE, 5, 2, `SPECIALS_NONE),
                    .A_BIAS(15), .W_BIAS(15), `FLOAT_FLUSH(5, 10)) `ADDITION(19);
    addition_lane #(`FLOATS(5, 2, `SPECIALS_NONE, 5, 2, `SPECIALS_NONE),
                    .A_BIAS(15), .W_BIAS(15), `FLOAT_FLUSH(8, 7)) `ADDITION(20);
    addition_lane #(`FLOATS(5, 2, `SPECIALS_NONE, 5, 2, `SPECIALS_NONE),
                    .A_BIAS(15), .W_BIAS(15), `FLOAT_FLUSH(6, 9)) `ADDITION(21);
    addition_lane #(`FLOATS(4, 3, `SPECIALS_NONE, 4, 3, `SPECIALS_NONE), `SHORT,
                    .A_BIAS(7), .W_BIAS(7), `FLOAT(5, 10)) `ADDITION(22);
    addition_lane #(`FLOATS(4, 3, `SPECIALS_NONE, 4, 3, `SPECIALS_NONE), `SHORT,
                    .A_BIAS(7), .W_BIAS(7), `FLOAT_FLUSH(8, 23)) `ADDITION(23);
    addition_lane #(`FLOATS(4, 3, `SPECIALS_NONE, 4, 3, `SPECIALS_NONE), `SHORT,
                    .A_BIAS(7), .W_BIAS(7), `FLOAT_FLUSH(5, 10)) `ADDITION(24);

    addition_lane #(`SIGN_MAGNITUDE(8, 8), .ACCUMULATOR(`ACCUMULATOR_EXACT), .SUM_BITS(31))
        `ADDITION(25);
    addition_lane #(`SIGN_MAGNITUDE(8, 8), .SUM_BITS(16), .SUM_SATURATES(1)) `ADDITION(26);

    multiplier_composable #(.BITS(8)) composable_of_eight (
        .activation(composed_activation), .weight(composed_weight), .product(composed_of_eight)
    );
    multiplier_composable #(.BITS(4)) composable_of_four (
        .activation(composed_activation[9:0]), .weight(composed_weight[9:0]),
        .product(composed_of_four)
    );
endmodule

module product_lane #(`ARITHMETIC_PARAMETERS) (
    input  wire clock,
    input  wire first,
    input  wire [7:0] activation,
    input  wire [7:0] weight,
    output wire [63:0] lane
);
    localparam integer SIGNIFICAND = `PRODUCT_SIGNIFICAND_BITS;
    localparam integer EXPONENT = `PRODUCT_EXPONENT_BITS;
    wire [`PRODUCT_BITS-1:0] product;
    multiplier #(`ARITHMETIC_ARGUMENTS) circuit (
        .clock(clock), .enable(1'b1), .first(first), .activation(activation[A_BITS-1:0]),
        .weight(weight[W_BITS-1:0]), .product(product)
    );
    assign lane = {13'd0, product[`PRODUCT_BITS-1 -: 3],
                   {(16-EXPONENT){1'b0}}, product[SIGNIFICAND +: EXPONENT],
                   {(32-SIGNIFICAND){product[SIGNIFICAND-1]}}, product[SIGNIFICAND-1:0]};
endmodule

module addition_lane #(`ARITHMETIC_PARAMETERS) (
    input  wire [7:0] activation,
    input  wire [7:0] weight,
    input  wire [31:0] sum,
    output wire [31:0] lane
);
    wire [`PRODUCT_BITS-1:0] product;
    wire [SUM_BITS-1:0] result;
    multiplier #(`ARITHMETIC_ARGUMENTS) multiply (
        .clock(1'b0), .enable(1'b0), .first(1'b0), .activation(activation[A_BITS-1:0]),
        .weight(weight[W_BITS-1:0]), .product(product)
    );
    accumulator #(`ARITHMETIC_ARGUMENTS) add (
        .sum(sum[SUM_BITS-1:0]), .product(product), .result(result)
    );
    assign lane = {{(32-SUM_BITS){1'b0}}, result};
endmodule
