// SPDX-License-Identifier: Apache-2.0
// A weight or input stationary systolic array with its sequencer: docs/array.md. All registers
// advance together, or none does.
`include "chunks.svh"
module array_stationary #(
    `ARITHMETIC_PARAMETERS,
    `CHUNK_PARAMETERS,
    parameter integer ROWS = 4,
    parameter integer COLUMNS = 4,
    parameter integer INPUT_STATIONARY = 0,  // activations stay and weights pass, else vice versa
    parameter integer OVERLAP = 0,           // a second stationary register: folds follow at once
    parameter integer DEPTH = 1,             // of the PE's pipeline, 1 to 4
    parameter integer STEP_BITS = 16,
    parameter integer STATIONARY_BITS = INPUT_STATIONARY != 0 ? A_BITS : W_BITS,
    parameter integer PASSING_BITS = INPUT_STATIONARY != 0 ? W_BITS : A_BITS
) (
    input  wire clock,
    input  wire reset,  // synchronous

    input  wire fold_valid,
    input  wire [STEP_BITS-1:0] fold_steps,
    output wire takes_fold,

    output wire wants_stationary,
    input  wire stationary_valid,
    input  wire [COLUMNS*STATIONARY_BITS-1:0] stationary,
    input  wire [COLUMNS*`TAG_BITS-1:0] used,  // {closes, used} with chunks

    output wire wants_step,
    input  wire step_valid,
    input  wire [ROWS*PASSING_BITS-1:0] row_operands,

    output wire [COLUMNS-1:0] valid,
    output wire [COLUMNS*SUM_BITS-1:0] sums,
    input  wire output_ready
);
    wire advance = (~wants_stationary | stationary_valid) & (~wants_step | step_valid) &
                   (~(|valid) | output_ready);
    wire swap, first, last;
    wire [ROWS-1:0] load;
    wire [ROWS*PASSING_BITS-1:0] operands;
    localparam integer TAG_BITS = `TAG_BITS;
    localparam integer CARRIED = STATIONARY_BITS + TAG_BITS;
    wire [COLUMNS*CARRIED-1:0] carried;

    fold_sequencer_stationary #(
        .ROWS(ROWS), .COLUMNS(COLUMNS), .OVERLAP(OVERLAP), .DEPTH(DEPTH),
        .STEP_CYCLES(`STEP_CYCLES), .STEP_BITS(STEP_BITS)
    ) sequencer (
        .clock(clock), .reset(reset), .enable(advance), .fold_valid(fold_valid),
        .fold_steps(fold_steps), .takes_fold(takes_fold), .wants_stationary(wants_stationary),
        .wants_step(wants_step), .swap(swap), .first(first), .last(last), .load(load)
    );
    hold #(.BITS(ROWS * PASSING_BITS), .CYCLES(`STEP_CYCLES)) hold_operands (
        .clock(clock), .enable(advance), .first(first), .in(row_operands), .out(operands)
    );

    genvar c;
    generate
        for (c = 0; c < COLUMNS; c = c + 1) begin : columns
            assign carried[c*CARRIED +: CARRIED] =
                {used[c*TAG_BITS +: TAG_BITS], stationary[c*STATIONARY_BITS +: STATIONARY_BITS]};
        end
    endgenerate

    systolic_array_stationary #(
        `ARITHMETIC_ARGUMENTS, `CHUNK_ARGUMENTS, .ROWS(ROWS), .COLUMNS(COLUMNS),
        .INPUT_STATIONARY(INPUT_STATIONARY), .OVERLAP(OVERLAP), .DEPTH(DEPTH)
    ) elements (
        .clock(clock), .reset(reset), .enable(advance), .swap(swap), .first(first),
        .last(last), .load(load), .operands(operands), .stationary(carried), .valid(valid),
        .sums(sums)
    );
endmodule
