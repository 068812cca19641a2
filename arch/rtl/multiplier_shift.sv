// SPDX-License-Identifier: Apache-2.0
// A weight without mantissa (sign and exponent field e: +-2^(e - 1) grid steps, zero for e = 0)
// leaves the integer activation as it is; what it says goes on in sign and exponent of the product:
// the shifter stands before a fixed-point sum, an adder of exponents before a float one.
module multiplier_shift #(
    parameter integer A_BITS = 8,
    parameter integer A_SIGNED = 1,
    parameter integer W_BITS = 4
) (
    input  wire [A_BITS-1:0] activation,
    input  wire [W_BITS-1:0] weight,
    output wire negate,
    output wire [W_BITS-2:0] exponent,
    output wire [A_BITS-(A_SIGNED != 0 ? 1 : 0):0] significand  // two's complement
);
    wire [W_BITS-2:0] field = weight[W_BITS-2:0];
    wire zero = ~|field;
    wire [A_BITS-1:0] gated = activation & {A_BITS{~zero}};

    assign negate = weight[W_BITS-1];
    assign exponent = zero ? field : field - 1'b1;
    generate
        if (A_SIGNED != 0) begin : signed_activation
            assign significand = gated;
        end else begin : unsigned_activation
            assign significand = {1'b0, gated};
        end
    endgenerate
endmodule
