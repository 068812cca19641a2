// SPDX-License-Identifier: Apache-2.0
// Bricks of 2 x 2 bits that form one product of BITS x BITS or several narrower ones, whose sum
// comes out (Sharma et al. 2018, Bit Fusion, spatial fusion). BITS is 8, of 16 bricks, or 4, of
// four. Each factor has a width of its own: 2, 4 or 8 bits.
//
// An operand is {is_signed, fused, slices}: 2 bits for each brick, and how they belong together:
// fused[0]: numbers have 4 bits or more, fused[1]: 8 bits. The bits of a brick's index, from the
// lowest one, are: which slice of a pair of the activation's, of a pair of the weight's, which pair
// of the activation's, of the weight's. A number that takes part in several bricks is repeated by
// what feeds the array.
module multiplier_composable #(
    parameter integer BITS = 8,
    parameter integer BRICKS = BITS * BITS / 4,
    parameter integer LEVELS = BITS / 4,  // of fusion, of each operand
    parameter integer OPERAND = 1 + LEVELS + 2 * BRICKS
) (
    input  wire [OPERAND-1:0] activation,
    input  wire [OPERAND-1:0] weight,
    output wire [2*BITS:0] product  // two's complement
);
    wire a_signed = activation[OPERAND-1];
    wire w_signed = weight[OPERAND-1];
    wire [LEVELS-1:0] a_fused = activation[2*BRICKS +: LEVELS];
    wire [LEVELS-1:0] w_fused = weight[2*BRICKS +: LEVELS];

    wire [5*BRICKS-1:0] bricks;
    wire [7*BRICKS/2-1:0] fused_4x2;
    wire [9*BRICKS/4-1:0] fused_4x4;

    genvar k;
    generate
        for (k = 0; k < BRICKS; k = k + 1) begin : brick
            // Only the highest slice of a number has a sign.
            wire a_top, w_top;
            if (BITS == 8) begin : of_eight
                assign a_top = (k[0] | ~a_fused[0]) & (k[2] | ~a_fused[LEVELS-1]);
                assign w_top = (k[1] | ~w_fused[0]) & (k[3] | ~w_fused[LEVELS-1]);
            end else begin : of_four
                assign a_top = k[0] | ~a_fused[0];
                assign w_top = k[1] | ~w_fused[0];
            end
            wire [1:0] a_slice = activation[2*k +: 2];
            wire [1:0] w_slice = weight[2*k +: 2];
            wire [5:0] brick_product;
            multiplier_integer #(.A_BITS(3), .W_BITS(3)) multiply (
                .activation({a_signed & a_top & a_slice[1], a_slice}),
                .weight({w_signed & w_top & w_slice[1], w_slice}), .product(brick_product)
            );
            assign bricks[5*k +: 5] = brick_product[4:0];  // -6 to 9
        end

        if (BITS == 8) begin : eight
            wire [13*BRICKS/8-1:0] fused_8x4;
            multiplier_composable_fuse #(.COUNT(BRICKS / 8), .BITS(9), .SHIFT(4)) fuse_activations (
                .parts(fused_4x4), .fused(a_fused[LEVELS-1]), .sums(fused_8x4)
            );
            multiplier_composable_fuse #(.COUNT(BRICKS / 16), .BITS(13), .SHIFT(4)) fuse_weights (
                .parts(fused_8x4), .fused(w_fused[LEVELS-1]), .sums(product)
            );
        end else begin : four
            assign product = fused_4x4;
        end
    endgenerate

    multiplier_composable_fuse #(.COUNT(BRICKS / 2), .BITS(5), .SHIFT(2)) fuse_activation_pairs (
        .parts(bricks), .fused(a_fused[0]), .sums(fused_4x2)
    );
    multiplier_composable_fuse #(.COUNT(BRICKS / 4), .BITS(7), .SHIFT(2)) fuse_weight_pairs (
        .parts(fused_4x2), .fused(w_fused[0]), .sums(fused_4x4)
    );
endmodule
