// SPDX-License-Identifier: Apache-2.0
// A stationary processing element with chunks (chunks.svh): one without sums the chunk, and the
// outer sum passes beside it. A whole chunk is added to the outer sum behind the registers, before
// both go to the element below.
`include "chunks.svh"
module processing_element_stationary_chunked #(
    `ARITHMETIC_PARAMETERS,
    `CHUNK_PARAMETERS,
    parameter integer INPUT_STATIONARY = 0,  // activations stay and weights pass, else vice versa
    parameter integer OVERLAP = 0,
    parameter integer DEPTH = 1,
    parameter integer STATIONARY_BITS = INPUT_STATIONARY != 0 ? A_BITS : W_BITS,
    parameter integer PASSING_BITS = INPUT_STATIONARY != 0 ? W_BITS : A_BITS
) (
    input  wire clock,
    input  wire reset,
    input  wire enable,

    // As those of processing_element_stationary.
    input  wire load,
    input  wire swap,
    input  wire first,
    input  wire accumulate,
    output wire load_right,
    output wire swap_right,
    output wire first_right,
    output wire accumulate_right,

    input  wire [PASSING_BITS-1:0] operand,
    output wire [PASSING_BITS-1:0] operand_right,
    input  wire [STATIONARY_BITS+1:0] stationary,  // {closes, used, code}
    output wire [STATIONARY_BITS+1:0] stationary_below,
    input  wire [SUM_BITS+INNER_BITS-1:0] sum,  // {outer, inner}
    output wire [SUM_BITS+INNER_BITS-1:0] sum_below
);
    /*verilator no_inline_module*/
    reg  closes_below;
    wire closes;  // the product of the operand at work closes a chunk
    wire delayed_closes;
    reg  [SUM_BITS-1:0] outer;
    wire [INNER_BITS-1:0] chunk;
    reg  whole;  // the chunk, with the product that was added last

    processing_element_stationary #(
        `INNER_ARGUMENTS, .INPUT_STATIONARY(INPUT_STATIONARY), .OVERLAP(OVERLAP), .DEPTH(DEPTH)
    ) inner (
        .clock(clock), .reset(reset), .enable(enable), .load(load), .swap(swap), .first(first),
        .accumulate(accumulate), .load_right(load_right), .swap_right(swap_right),
        .first_right(first_right), .accumulate_right(accumulate_right), .operand(operand),
        .operand_right(operand_right), .stationary(stationary[STATIONARY_BITS:0]),
        .stationary_below(stationary_below[STATIONARY_BITS:0]), .sum(sum[INNER_BITS-1:0]),
        .sum_below(chunk)
    );

    // The tag keeps to its operand.
    assign stationary_below[STATIONARY_BITS+1] = closes_below;
    wire loaded = closes_below & stationary_below[STATIONARY_BITS];
    generate
        if (OVERLAP != 0) begin : two_registers
            reg working;
            assign closes = swap ? loaded : working;
            always_ff @(posedge clock) begin
                if (enable) working <= closes;
            end
        end else begin : one_register
            assign closes = loaded;
        end
    endgenerate
    delay #(.BITS(1), .STAGES(DEPTH - 1)) pipeline (
        .clock(clock), .reset(1'b0), .enable(enable), .in(closes), .out(delayed_closes)
    );

    always_ff @(posedge clock) begin
        if (enable) begin
            if (load) closes_below <= stationary[STATIONARY_BITS+1];
            if (accumulate) begin
                outer <= sum[INNER_BITS +: SUM_BITS];
                whole <= delayed_closes;
            end
        end
    end

    assign sum_below[INNER_BITS-1:0] = chunk & {INNER_BITS{~whole}};
    accumulator_chunked #(`ARITHMETIC_ARGUMENTS, `CHUNK_ARGUMENTS) add (
        .outer(outer), .chunk(chunk), .whole(whole), .result(sum_below[INNER_BITS +: SUM_BITS])
    );
endmodule
