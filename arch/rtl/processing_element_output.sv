// SPDX-License-Identifier: Apache-2.0
// A processing element that keeps a sum while activations pass from left to right and weights from
// above to below. The sums of a column leave downwards: through the sum registers themselves, or,
// with SHADOW, through second ones, so that the next fold can begin at once.
`include "arithmetic.svh"
module processing_element_output #(
    `ARITHMETIC_PARAMETERS,
    parameter integer SHADOW = 0,
    parameter integer DEPTH = 1
) (
    input  wire clock,
    input  wire reset,
    input  wire enable,

    // Control, from left to right. The last four belong to the product of DEPTH - 1 cycles ago.
    input  wire first,       // the first cycle of a product
    input  wire accumulate,  // the product is whole
    input  wire opening,     // it is the first one of a sum
    input  wire closing,     // it is the last one
    input  wire shift,       // the sum above is taken
    output reg  first_right,
    output reg  accumulate_right,
    output reg  opening_right,
    output reg  closing_right,
    output reg  shift_right,

    input  wire [A_BITS-1:0] activation,
    output reg  [A_BITS-1:0] activation_right,
    input  wire [W_BITS-1:0] weight,
    output reg  [W_BITS-1:0] weight_below,
    input  wire [SUM_BITS-1:0] sum,
    output wire [SUM_BITS-1:0] sum_below
);
    /*verilator no_inline_module*/
    wire [`PRODUCT_BITS-1:0] product, delayed_product;
    reg  [SUM_BITS-1:0] held;
    wire [SUM_BITS-1:0] previous = held & {SUM_BITS{~opening}};
    wire [SUM_BITS-1:0] next_sum;

    multiplier #(`ARITHMETIC_ARGUMENTS) multiply (
        .clock(clock), .enable(enable), .first(first), .activation(activation), .weight(weight),
        .product(product)
    );
    delay #(.BITS(`PRODUCT_BITS), .STAGES(DEPTH - 1)) pipeline (
        .clock(clock), .reset(1'b0), .enable(enable), .in(product), .out(delayed_product)
    );
    accumulator #(`ARITHMETIC_ARGUMENTS) add (
        .sum(previous), .product(delayed_product), .result(next_sum)
    );

    generate
        if (SHADOW != 0) begin : shadow_drain
            reg [SUM_BITS-1:0] shadow;
            assign sum_below = shadow;
            always_ff @(posedge clock) begin
                if (enable) begin
                    if (accumulate) held <= next_sum;
                    if (accumulate & closing) shadow <= next_sum;
                    else if (shift) shadow <= sum;
                end
            end
        end else begin : serial_drain
            assign sum_below = held;
            always_ff @(posedge clock) begin
                if (enable) begin
                    if (accumulate) held <= next_sum;
                    else if (shift) held <= sum;
                end
            end
        end
    endgenerate

    always_ff @(posedge clock) begin
        if (enable) begin
            activation_right <= activation;
            weight_below <= weight;
        end
    end

    always_ff @(posedge clock) begin
        if (reset) begin
            first_right <= 1'b0;
            accumulate_right <= 1'b0;
            opening_right <= 1'b0;
            closing_right <= 1'b0;
            shift_right <= 1'b0;
        end else if (enable) begin
            first_right <= first;
            accumulate_right <= accumulate;
            opening_right <= opening;
            closing_right <= closing;
            shift_right <= shift;
        end
    end
endmodule
