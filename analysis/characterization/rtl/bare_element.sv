// SPDX-License-Identifier: Apache-2.0
// The arithmetic of a weight-stationary processing element and its registers, nothing else: no
// reset, no enable, no control. The sum of the element above comes in and the own one goes out.
`include "arithmetic.svh"
module bare_element #(`ARITHMETIC_PARAMETERS) (
    input  wire clock,
    input  wire first,
    input  wire [A_BITS-1:0] activation,
    input  wire [W_BITS-1:0] weight,
    input  wire [SUM_BITS-1:0] sum,
    output reg  [A_BITS-1:0] activation_right,
    output reg  [W_BITS-1:0] weight_below,
    output reg  [SUM_BITS-1:0] sum_below
);
    wire [`PRODUCT_BITS-1:0] product;
    wire [SUM_BITS-1:0] next_sum;

    multiplier #(`ARITHMETIC_ARGUMENTS) multiply (
        .clock(clock), .enable(1'b1), .first(first), .activation(activation_right),
        .weight(weight_below), .product(product)
    );
    accumulator #(`ARITHMETIC_ARGUMENTS) add (.sum(sum), .product(product), .result(next_sum));

    always_ff @(posedge clock) begin
        activation_right <= activation;
        weight_below <= weight;
        sum_below <= next_sum;
    end
endmodule
