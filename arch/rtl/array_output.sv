// SPDX-License-Identifier: Apache-2.0
// An output stationary systolic array with its sequencer: docs/array.md. All registers advance
// together, or none does.
`include "chunks.svh"
module array_output #(
    `ARITHMETIC_PARAMETERS,
    `CHUNK_PARAMETERS,
    parameter integer ROWS = 4,
    parameter integer COLUMNS = 4,
    parameter integer SHADOW = 0,   // sums leave through registers of their own
    parameter integer OVERLAP = 0,  // folds follow each other as soon as the sums allow
    parameter integer DEPTH = 1,    // of the PE's pipeline, 1 to 4
    parameter integer STEP_BITS = 16
) (
    input  wire clock,
    input  wire reset,  // synchronous

    input  wire fold_valid,
    input  wire [STEP_BITS-1:0] fold_steps,
    output wire takes_fold,

    output wire wants_step,
    input  wire step_valid,
    input  wire [ROWS*A_BITS-1:0] row_operands,
    input  wire [COLUMNS*W_BITS-1:0] column_operands,

    output wire [COLUMNS-1:0] valid,
    output wire [COLUMNS*SUM_BITS-1:0] sums,
    input  wire output_ready
);
    wire advance = (~wants_step | step_valid) & (~(|valid) | output_ready);
    wire first, last, opening, closing, chunk_ends, drain;
    wire [ROWS-1:0] shift;
    wire [ROWS*A_BITS-1:0] activations;
    wire [COLUMNS*W_BITS-1:0] weights;

    fold_sequencer_output #(
        .ROWS(ROWS), .COLUMNS(COLUMNS), .SHADOW(SHADOW), .OVERLAP(OVERLAP), .DEPTH(DEPTH),
        .STEP_CYCLES(`STEP_CYCLES), .CHUNK(CHUNK), .STEP_BITS(STEP_BITS)
    ) sequencer (
        .clock(clock), .reset(reset), .enable(advance), .fold_valid(fold_valid),
        .fold_steps(fold_steps), .takes_fold(takes_fold), .wants_step(wants_step), .first(first),
        .last(last), .opening(opening), .closing(closing), .chunk_ends(chunk_ends),
        .drain(drain), .shift(shift)
    );
    hold #(.BITS(ROWS * A_BITS + COLUMNS * W_BITS), .CYCLES(`STEP_CYCLES)) hold_operands (
        .clock(clock), .enable(advance), .first(first), .in({row_operands, column_operands}),
        .out({activations, weights})
    );
    systolic_array_output #(
        `ARITHMETIC_ARGUMENTS, `CHUNK_ARGUMENTS, .ROWS(ROWS), .COLUMNS(COLUMNS), .SHADOW(SHADOW),
        .DEPTH(DEPTH)
    ) elements (
        .clock(clock), .reset(reset), .enable(advance), .first(first), .last(last),
        .opening(opening), .closing(closing), .chunk_ends(chunk_ends), .drain(drain),
        .shift(shift), .activations(activations), .weights(weights), .valid(valid), .sums(sums)
    );
endmodule
