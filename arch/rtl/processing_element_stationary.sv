// SPDX-License-Identifier: Apache-2.0
// A processing element that keeps one operand while the other one passes from left to right and
// sums pass from above to below. Stationary operands are shifted in from above. With OVERLAP a
// second register keeps the operand at work, and the first one is free for the next fold as soon as
// `swap` comes.
//
// A stationary operand travels with a bit `used`, on top; without it the sum above passes as it is.
`include "arithmetic.svh"
module processing_element_stationary #(
    `ARITHMETIC_PARAMETERS,
    parameter integer INPUT_STATIONARY = 0,  // activations stay and weights pass, else vice versa
    parameter integer OVERLAP = 0,
    parameter integer DEPTH = 1,
    parameter integer STATIONARY_BITS = INPUT_STATIONARY != 0 ? A_BITS : W_BITS,
    parameter integer PASSING_BITS = INPUT_STATIONARY != 0 ? W_BITS : A_BITS
) (
    input  wire clock,
    input  wire reset,
    input  wire enable,

    // Control, from left to right.
    input  wire load,        // shift the stationary operands
    input  wire swap,      // the first cycle of a fold
    input  wire first,       // the first cycle of a product
    input  wire accumulate,  // the product of DEPTH - 1 cycles ago is whole
    output reg  load_right,
    output reg  swap_right,
    output reg  first_right,
    output reg  accumulate_right,

    input  wire [PASSING_BITS-1:0] operand,
    output reg  [PASSING_BITS-1:0] operand_right,
    input  wire [STATIONARY_BITS:0] stationary,
    output reg  [STATIONARY_BITS:0] stationary_below,
    input  wire [SUM_BITS-1:0] sum,
    output reg  [SUM_BITS-1:0] sum_below
);
    /*verilator no_inline_module*/
    wire [STATIONARY_BITS:0] kept;
    wire used = kept[STATIONARY_BITS];
    wire [A_BITS-1:0] activation;
    wire [W_BITS-1:0] weight;
    wire [`PRODUCT_BITS-1:0] product, delayed_product;
    wire delayed_used;
    wire [SUM_BITS-1:0] next_sum;

    generate
        if (OVERLAP != 0) begin : two_registers
            reg [STATIONARY_BITS:0] working;
            assign kept = swap ? stationary_below : working;
            always_ff @(posedge clock) begin
                if (enable) working <= kept;
            end
        end else begin : one_register
            assign kept = stationary_below;
        end
        if (INPUT_STATIONARY != 0) begin : stationary_activation
            assign activation = kept[STATIONARY_BITS-1:0];
            assign weight = operand;
        end else begin : stationary_weight
            assign activation = operand;
            assign weight = kept[STATIONARY_BITS-1:0];
        end
    endgenerate

    multiplier #(`ARITHMETIC_ARGUMENTS) multiply (
        .clock(clock), .enable(enable), .first(first), .activation(activation), .weight(weight),
        .product(product)
    );
    delay #(.BITS(`PRODUCT_BITS + 1), .STAGES(DEPTH - 1)) pipeline (
        .clock(clock), .reset(1'b0), .enable(enable), .in({used, product}),
        .out({delayed_used, delayed_product})
    );
    accumulator #(`ARITHMETIC_ARGUMENTS) add (
        .sum(sum), .product(delayed_product), .result(next_sum)
    );

    always_ff @(posedge clock) begin
        if (enable) begin
            operand_right <= operand;
            if (load) stationary_below <= stationary;
            if (accumulate) sum_below <= delayed_used ? next_sum : sum;
        end
    end

    always_ff @(posedge clock) begin
        if (reset) begin
            load_right <= 1'b0;
            swap_right <= 1'b0;
            first_right <= 1'b0;
            accumulate_right <= 1'b0;
        end else if (enable) begin
            load_right <= load;
            swap_right <= swap;
            first_right <= first;
            accumulate_right <= accumulate;
        end
    end
endmodule
