// SPDX-License-Identifier: Apache-2.0
// Floats: significands multiplied, exponents added, signs by XOR. The product is not normalised.
// Biases shift the grid only; the accumulator knows them.
`include "arithmetic.svh"
module multiplier_minifloat #(
    parameter integer A_EXPONENT = 4,
    parameter integer A_MANTISSA = 3,
    parameter integer A_SPECIALS = `SPECIALS_NONE,
    parameter integer A_SUBNORMALS = 1,
    parameter integer W_EXPONENT = 4,
    parameter integer W_MANTISSA = 3,
    parameter integer W_SPECIALS = `SPECIALS_NONE,
    parameter integer W_SUBNORMALS = 1,
    // Width of the product's exponent.
    parameter integer EXPONENT = (A_EXPONENT > W_EXPONENT ? A_EXPONENT : W_EXPONENT) + 1
) (
    input  wire [A_EXPONENT+A_MANTISSA:0] activation,
    input  wire [W_EXPONENT+W_MANTISSA:0] weight,
    output wire negative,
    output wire [EXPONENT-1:0] exponent,
    output wire [A_MANTISSA+W_MANTISSA+1:0] significand,
    output wire nan,
    output wire infinite
);
    wire a_negative, a_nan, a_infinite, a_zero, w_negative, w_nan, w_infinite, w_zero;
    wire [A_EXPONENT-1:0] a_exponent;
    wire [W_EXPONENT-1:0] w_exponent;
    wire [A_MANTISSA:0] a_significand;
    wire [W_MANTISSA:0] w_significand;

    decoder_minifloat #(
        .EXPONENT(A_EXPONENT), .MANTISSA(A_MANTISSA), .SPECIALS(A_SPECIALS),
        .SUBNORMALS(A_SUBNORMALS)
    ) decode_activation (
        .code(activation), .negative(a_negative), .exponent(a_exponent),
        .significand(a_significand), .nan(a_nan), .infinite(a_infinite), .zero(a_zero)
    );
    decoder_minifloat #(
        .EXPONENT(W_EXPONENT), .MANTISSA(W_MANTISSA), .SPECIALS(W_SPECIALS),
        .SUBNORMALS(W_SUBNORMALS)
    ) decode_weight (
        .code(weight), .negative(w_negative), .exponent(w_exponent),
        .significand(w_significand), .nan(w_nan), .infinite(w_infinite), .zero(w_zero)
    );
    multiplier_integer #(
        .A_BITS(A_MANTISSA + 1), .A_SIGNED(0), .W_BITS(W_MANTISSA + 1), .W_SIGNED(0)
    ) multiply_significands (
        .activation(a_significand), .weight(w_significand), .product(significand)
    );

    assign negative = a_negative ^ w_negative;
    assign exponent = {{(EXPONENT-A_EXPONENT){1'b0}}, a_exponent} +
                      {{(EXPONENT-W_EXPONENT){1'b0}}, w_exponent};
    // IEEE 754: infinity times zero is no number.
    assign nan = a_nan | w_nan | (a_infinite & w_zero) | (a_zero & w_infinite);
    assign infinite = (a_infinite | w_infinite) & ~nan;
endmodule
