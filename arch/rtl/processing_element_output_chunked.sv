// SPDX-License-Identifier: Apache-2.0
// An output stationary processing element with chunks (chunks.svh): one without keeps the chunk,
// and the outer sum is beside it. A whole chunk is added to the outer sum behind the registers, as
// the next product comes or the sum leaves. The outer sum alone leaves: the last product of a sum
// ends a chunk.
`include "chunks.svh"
module processing_element_output_chunked #(
    `ARITHMETIC_PARAMETERS,
    `CHUNK_PARAMETERS,
    parameter integer SHADOW = 0,
    parameter integer DEPTH = 1
) (
    input  wire clock,
    input  wire reset,
    input  wire enable,

    // As those of processing_element_output.
    input  wire first,
    input  wire accumulate,
    input  wire opening,
    input  wire closing,
    input  wire chunk_ends,  // the product is the last one of a chunk
    input  wire shift,
    output wire first_right,
    output wire accumulate_right,
    output reg  opening_right,
    output wire closing_right,
    output reg  chunk_ends_right,
    output reg  shift_right,

    input  wire [A_BITS-1:0] activation,
    output wire [A_BITS-1:0] activation_right,
    input  wire [W_BITS-1:0] weight,
    output wire [W_BITS-1:0] weight_below,
    input  wire [SUM_BITS-1:0] sum,
    output wire [SUM_BITS-1:0] sum_below
);
    /*verilator no_inline_module*/
    wire [INNER_BITS-1:0] chunk;
    reg  whole;  // the chunk
    reg  [SUM_BITS-1:0] outer;
    wire [SUM_BITS-1:0] next_outer;
    wire [SUM_BITS-1:0] previous = next_outer & {SUM_BITS{~opening}};

    // A product after a whole chunk opens the next one. No chunk is shifted.
    wire inner_opening_right, inner_shift_right;
    processing_element_output #(`INNER_ARGUMENTS, .SHADOW(0), .DEPTH(DEPTH)) inner (
        .clock(clock), .reset(reset), .enable(enable), .first(first), .accumulate(accumulate),
        .opening(opening | whole), .closing(closing), .shift(1'b0), .first_right(first_right),
        .accumulate_right(accumulate_right), .opening_right(inner_opening_right),
        .closing_right(closing_right), .shift_right(inner_shift_right), .activation(activation),
        .activation_right(activation_right), .weight(weight), .weight_below(weight_below),
        .sum({INNER_BITS{1'b0}}), .sum_below(chunk)
    );
    accumulator_chunked #(`ARITHMETIC_ARGUMENTS, `CHUNK_ARGUMENTS) add (
        .outer(outer), .chunk(chunk), .whole(whole), .result(next_outer)
    );

    generate
        if (SHADOW != 0) begin : shadow_drain
            reg [SUM_BITS-1:0] shadow;
            reg closed;  // the sum, in the cycle before
            assign sum_below = closed ? next_outer : shadow;
            always_ff @(posedge clock) begin
                if (enable) begin
                    if (accumulate) {outer, whole} <= {previous, chunk_ends};
                    closed <= accumulate & closing;
                    shadow <= shift ? sum : sum_below;
                end
            end
        end else begin : serial_drain
            assign sum_below = next_outer;
            always_ff @(posedge clock) begin
                if (enable) begin
                    if (accumulate) {outer, whole} <= {previous, chunk_ends};
                    else if (shift) {outer, whole} <= {sum, 1'b0};
                end
            end
        end
    endgenerate

    always_ff @(posedge clock) begin
        if (reset) begin
            opening_right <= 1'b0;
            chunk_ends_right <= 1'b0;
            shift_right <= 1'b0;
        end else if (enable) begin
            opening_right <= opening;
            chunk_ends_right <= chunk_ends;
            shift_right <= shift;
        end
    end
endmodule
