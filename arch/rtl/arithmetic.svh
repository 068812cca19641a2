// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a processing element as parameters, which every level from an array's top down
// to its multipliers passes on. A: activation, W: weight.
`ifndef SYSTOLE_ARITHMETIC_SVH
`define SYSTOLE_ARITHMETIC_SVH

// MULTIPLIER
`define MULTIPLIER_INTEGER 0
`define MULTIPLIER_MINIFLOAT 1
`define MULTIPLIER_BIT_SERIAL 2
`define MULTIPLIER_SHIFT 3
`define MULTIPLIER_SIGN_MAGNITUDE 4
`define MULTIPLIER_XNOR 5
`define MULTIPLIER_COMPOSABLE 6

// A_SPECIALS, W_SPECIALS: what the top codes of a float mean
`define SPECIALS_NONE 0
`define SPECIALS_NAN_ONLY 1
`define SPECIALS_IEEE 2
`define SPECIALS_FNUZ 3

// ACCUMULATOR
`define ACCUMULATOR_INTEGER 0
`define ACCUMULATOR_EXACT 1
`define ACCUMULATOR_FLOAT 2
`define ACCUMULATOR_FLOAT_FLUSH 3

// Operands are integers (x_BITS, x_SIGNED) or floats (x_BITS = 1 + x_EXPONENT + x_MANTISSA, x_BIAS;
// without x_SUBNORMALS short ones, decoder_minifloat), or what a multiplier says of its own.
`define ARITHMETIC_PARAMETERS \
    parameter integer MULTIPLIER = `MULTIPLIER_INTEGER, \
    parameter integer A_BITS = 8, \
    parameter integer A_SIGNED = 1, \
    parameter integer A_EXPONENT = 4, \
    parameter integer A_MANTISSA = 3, \
    parameter integer A_BIAS = 7, \
    parameter integer A_SPECIALS = `SPECIALS_NONE, \
    parameter integer A_SUBNORMALS = 1, \
    parameter integer W_BITS = 8, \
    parameter integer W_SIGNED = 1, \
    parameter integer W_EXPONENT = 4, \
    parameter integer W_MANTISSA = 3, \
    parameter integer W_BIAS = 7, \
    parameter integer W_SPECIALS = `SPECIALS_NONE, \
    parameter integer W_SUBNORMALS = 1, \
    parameter integer ACCUMULATOR = `ACCUMULATOR_INTEGER, \
    parameter integer SUM_BITS = 32, \
    parameter integer SUM_SATURATES = 0, \
    parameter integer SUM_EXPONENT = 8, \
    parameter integer SUM_MANTISSA = 23, \
    parameter integer SUM_BIAS = 127

`define ARITHMETIC_ARGUMENTS \
    .MULTIPLIER(MULTIPLIER), .A_BITS(A_BITS), .A_SIGNED(A_SIGNED), .A_EXPONENT(A_EXPONENT), \
    .A_MANTISSA(A_MANTISSA), .A_BIAS(A_BIAS), .A_SPECIALS(A_SPECIALS), \
    .A_SUBNORMALS(A_SUBNORMALS), .W_BITS(W_BITS), .W_SIGNED(W_SIGNED), .W_EXPONENT(W_EXPONENT), \
    .W_MANTISSA(W_MANTISSA), .W_BIAS(W_BIAS), .W_SPECIALS(W_SPECIALS), \
    .W_SUBNORMALS(W_SUBNORMALS), .ACCUMULATOR(ACCUMULATOR), .SUM_BITS(SUM_BITS), \
    .SUM_SATURATES(SUM_SATURATES), .SUM_EXPONENT(SUM_EXPONENT), .SUM_MANTISSA(SUM_MANTISSA), \
    .SUM_BIAS(SUM_BIAS)

// Width of the widest factor of a composable multiplier, whose operands have BITS bits.
`define COMPOSABLE_BITS(BITS) ((BITS) < 32 ? 4 : 8)

// A product on its way to the accumulator is the vector
//     {nan, infinite, negate, exponent, significand}
// of the value (-1)^negate * significand * 2^exponent, in units of the product of both formats'
// grids; the significand is two's complement, of float and sign-magnitude operands not negative.
`define PRODUCT_SIGNIFICAND_BITS \
    (MULTIPLIER == `MULTIPLIER_MINIFLOAT ? A_MANTISSA + W_MANTISSA + 3 : \
     MULTIPLIER == `MULTIPLIER_SHIFT ? A_BITS + (A_SIGNED != 0 ? 0 : 1) : \
     MULTIPLIER == `MULTIPLIER_SIGN_MAGNITUDE ? A_BITS + W_BITS - 1 : \
     MULTIPLIER == `MULTIPLIER_COMPOSABLE ? 2 * `COMPOSABLE_BITS(A_BITS) + 1 : \
     A_BITS + W_BITS + (A_SIGNED != 0 || W_SIGNED != 0 ? 0 : 1))
`define PRODUCT_EXPONENT_BITS \
    (MULTIPLIER == `MULTIPLIER_MINIFLOAT ? \
         (A_EXPONENT > W_EXPONENT ? A_EXPONENT : W_EXPONENT) + 1 : \
     MULTIPLIER == `MULTIPLIER_SHIFT ? W_BITS - 1 : 1)
`define PRODUCT_BITS (`PRODUCT_SIGNIFICAND_BITS + `PRODUCT_EXPONENT_BITS + 3)

// Cycles of one product.
`define STEP_CYCLES (MULTIPLIER == `MULTIPLIER_BIT_SERIAL ? W_BITS : 1)

`endif
