// SPDX-License-Identifier: Apache-2.0
// The multiplier of a processing element: one of the circuits, behind one product (arithmetic.svh).
`include "arithmetic.svh"
module multiplier #(`ARITHMETIC_PARAMETERS) (
    input  wire clock,
    input  wire enable,
    input  wire first,  // of the cycles of a product
    input  wire [A_BITS-1:0] activation,
    input  wire [W_BITS-1:0] weight,
    output wire [`PRODUCT_BITS-1:0] product  // in the last of its cycles
);
    localparam integer SIGNIFICAND = `PRODUCT_SIGNIFICAND_BITS;
    localparam integer EXPONENT = `PRODUCT_EXPONENT_BITS;

    generate
        if (MULTIPLIER == `MULTIPLIER_MINIFLOAT) begin : minifloat
            wire nan, infinite, negative;
            wire [EXPONENT-1:0] exponent;
            wire [SIGNIFICAND-2:0] significand;
            multiplier_minifloat #(
                .A_EXPONENT(A_EXPONENT), .A_MANTISSA(A_MANTISSA), .A_SPECIALS(A_SPECIALS),
                .A_SUBNORMALS(A_SUBNORMALS), .W_EXPONENT(W_EXPONENT), .W_MANTISSA(W_MANTISSA),
                .W_SPECIALS(W_SPECIALS), .W_SUBNORMALS(W_SUBNORMALS)
            ) circuit (
                .activation(activation), .weight(weight), .negative(negative),
                .exponent(exponent), .significand(significand), .nan(nan), .infinite(infinite)
            );
            assign product = {nan, infinite, negative, exponent, 1'b0, significand};
        end else if (MULTIPLIER == `MULTIPLIER_SHIFT) begin : shift
            wire negate;
            wire [EXPONENT-1:0] exponent;
            wire [SIGNIFICAND-1:0] significand;
            multiplier_shift #(.A_BITS(A_BITS), .A_SIGNED(A_SIGNED), .W_BITS(W_BITS)) circuit (
                .activation(activation), .weight(weight), .negate(negate),
                .exponent(exponent), .significand(significand)
            );
            assign product = {2'b00, negate, exponent, significand};
        end else if (MULTIPLIER == `MULTIPLIER_SIGN_MAGNITUDE) begin : sign_magnitude
            wire negate;
            wire [SIGNIFICAND-2:0] magnitude;
            multiplier_sign_magnitude #(.A_BITS(A_BITS), .W_BITS(W_BITS)) circuit (
                .activation(activation), .weight(weight), .negate(negate), .magnitude(magnitude)
            );
            assign product = {2'b00, negate, {EXPONENT{1'b0}}, 1'b0, magnitude};
        end else if (MULTIPLIER == `MULTIPLIER_XNOR) begin : xnor_gate
            wire [SIGNIFICAND-1:0] significand;
            multiplier_xnor circuit (
                .activation(activation), .weight(weight), .product(significand)
            );
            assign product = {3'b000, {EXPONENT{1'b0}}, significand};
        end else if (MULTIPLIER == `MULTIPLIER_COMPOSABLE) begin : composable
            wire [SIGNIFICAND-1:0] significand;
            multiplier_composable #(.BITS(`COMPOSABLE_BITS(A_BITS))) circuit (
                .activation(activation), .weight(weight), .product(significand)
            );
            assign product = {3'b000, {EXPONENT{1'b0}}, significand};
        end else begin : integers
            wire [A_BITS+W_BITS-1:0] integer_product;
            wire [SIGNIFICAND-1:0] significand;
            if (MULTIPLIER == `MULTIPLIER_BIT_SERIAL) begin : bit_serial
                multiplier_bit_serial #(
                    .A_BITS(A_BITS), .A_SIGNED(A_SIGNED), .W_BITS(W_BITS), .W_SIGNED(W_SIGNED)
                ) circuit (
                    .clock(clock), .enable(enable), .first(first), .activation(activation),
                    .weight(weight), .product(integer_product)
                );
            end else begin : parallel
                multiplier_integer #(
                    .A_BITS(A_BITS), .A_SIGNED(A_SIGNED), .W_BITS(W_BITS), .W_SIGNED(W_SIGNED)
                ) circuit (
                    .activation(activation), .weight(weight), .product(integer_product)
                );
            end
            if (SIGNIFICAND > A_BITS + W_BITS) begin : both_unsigned
                assign significand = {1'b0, integer_product};
            end else begin : some_signed
                assign significand = integer_product;
            end
            assign product = {3'b000, {EXPONENT{1'b0}}, significand};
        end
    endgenerate
endmodule
