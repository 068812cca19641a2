// SPDX-License-Identifier: Apache-2.0
// One bit of an integer weight a cycle, the highest one first (Horner's rule), the activation in
// parallel (Lee et al. 2018, UNPU). Both operands are there for all W_BITS cycles, of which `first`
// marks the first one; the product is there in the last one.
module multiplier_bit_serial #(
    parameter integer A_BITS = 8,
    parameter integer A_SIGNED = 1,
    parameter integer W_BITS = 8,
    parameter integer W_SIGNED = 1
) (
    input  wire clock,
    input  wire enable,
    input  wire first,
    input  wire [A_BITS-1:0] activation,
    input  wire [W_BITS-1:0] weight,
    output wire [A_BITS+W_BITS-1:0] product
);
    localparam integer BITS = A_BITS + W_BITS;

    reg [W_BITS-1:0] bits;  // that are still to come, at the top
    reg [BITS-1:0] partial;

    wire [W_BITS-1:0] now = first ? weight : bits;
    wire negate = first & (W_SIGNED != 0);
    wire [BITS-1:0] extended =
        {{W_BITS{A_SIGNED != 0 & activation[A_BITS-1]}}, activation};
    wire [BITS-1:0] gated = extended & {BITS{now[W_BITS-1]}};
    wire [BITS-1:0] above = first ? {BITS{1'b0}} : partial << 1;

    assign product = above + (gated ^ {BITS{negate}}) + {{(BITS-1){1'b0}}, negate};

    always_ff @(posedge clock) begin
        if (enable) begin
            bits <= now << 1;
            partial <= product;
        end
    end
endmodule
