// SPDX-License-Identifier: Apache-2.0
// Integers of sign and magnitude: magnitudes multiplied, signs by XOR. The accumulator negates.
module multiplier_sign_magnitude #(
    parameter integer A_BITS = 8,
    parameter integer W_BITS = 8
) (
    input  wire [A_BITS-1:0] activation,
    input  wire [W_BITS-1:0] weight,
    output wire negate,
    output wire [A_BITS+W_BITS-3:0] magnitude
);
    multiplier_integer #(
        .A_BITS(A_BITS - 1), .A_SIGNED(0), .W_BITS(W_BITS - 1), .W_SIGNED(0)
    ) multiply_magnitudes (
        .activation(activation[A_BITS-2:0]), .weight(weight[W_BITS-2:0]), .product(magnitude)
    );
    assign negate = activation[A_BITS-1] ^ weight[W_BITS-1];
endmodule
