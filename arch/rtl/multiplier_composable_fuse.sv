// SPDX-License-Identifier: Apache-2.0
// Adds pairs of products: of two numbers, or of the halves of one, of which the upper is shifted.
module multiplier_composable_fuse #(
    parameter integer COUNT = 1,
    parameter integer BITS = 13,
    parameter integer SHIFT = 4
) (
    input  wire [2*COUNT*BITS-1:0] parts,
    input  wire fused,
    output wire [COUNT*(BITS+SHIFT)-1:0] sums
);
    localparam integer WIDE = BITS + SHIFT;
    genvar i;
    generate
        for (i = 0; i < COUNT; i = i + 1) begin : pair
            wire [BITS-1:0] lower = parts[2*i*BITS +: BITS];
            wire [BITS-1:0] upper = parts[(2*i+1)*BITS +: BITS];
            wire [WIDE-1:0] placed =
                fused ? {upper, {SHIFT{1'b0}}} : {{SHIFT{upper[BITS-1]}}, upper};
            assign sums[i*WIDE +: WIDE] = {{SHIFT{lower[BITS-1]}}, lower} + placed;
        end
    endgenerate
endmodule
