// SPDX-License-Identifier: Apache-2.0
// Turns the descriptors of folds into what an output stationary array wants and into the control
// bits of its left edge: the steps of a fold, STEP_CYCLES apart, and, ROWS + DEPTH - 1 cycles after
// the last of them, ROWS cycles in which sums leave.
//
// Between two folds lies a gap of a fixed length, but for SHADOW with OVERLAP: there the next fold
// ends at least ROWS cycles after this one, for the sums to be gone; a short one waits, once it is
// taken.
module fold_sequencer_output #(
    parameter integer ROWS = 4,
    parameter integer COLUMNS = 4,
    parameter integer SHADOW = 0,
    parameter integer OVERLAP = 0,
    parameter integer DEPTH = 1,
    parameter integer STEP_CYCLES = 1,
    parameter integer CHUNK = 0,  // products of a chunk, 0: none
    parameter integer STEP_BITS = 16
) (
    input  wire clock,
    input  wire reset,
    input  wire enable,

    input  wire fold_valid,
    input  wire [STEP_BITS-1:0] fold_steps,  // at least 1
    output wire takes_fold,

    output wire wants_step,
    output wire first,
    output wire last,
    output wire opening,
    output wire closing,
    output wire chunk_ends,
    output wire drain,
    output wire [ROWS-1:0] shift
);
    localparam integer WAITS = SHADOW != 0 && OVERLAP != 0 ? 1 : 0;
    localparam integer GAP = OVERLAP != 0 ? ROWS :
                             ROWS + COLUMNS + DEPTH - 3 + (SHADOW != 0 ? 0 : ROWS);
    localparam integer ROW_BITS = $clog2(ROWS + 1);
    localparam integer CYCLE_BITS = $clog2(STEP_CYCLES + 1);
    localparam integer GAP_BITS = $clog2(GAP + 2);
    localparam integer TIME_BITS = STEP_BITS + CYCLE_BITS;

    reg running;  // steps
    reg waiting;  // a fold that is taken, for `gap` to be shorter than it
    reg opens;
    reg [STEP_BITS-1:0] steps_left;
    reg [CYCLE_BITS-1:0] cycle;  // of the step
    reg [GAP_BITS-1:0] gap;      // left since the last fold

    wire ends_step = cycle == CYCLE_BITS'(STEP_CYCLES - 1);
    wire ends = running & ends_step & (steps_left == STEP_BITS'(1));
    wire takes = takes_fold & fold_valid;

    wire [GAP_BITS-1:0] next_gap = ends ? GAP_BITS'(GAP) :
                                   gap == GAP_BITS'(0) ? gap : gap - 1'b1;
    wire [STEP_BITS-1:0] next_steps = waiting ? steps_left : fold_steps;
    wire long_enough = WAITS == 0 ||
        TIME_BITS'(next_steps) * TIME_BITS'(STEP_CYCLES) >= TIME_BITS'(next_gap);

    generate
        if (WAITS != 0) begin : waits
            assign takes_fold = ~waiting & (~running | ends);
        end else if (GAP == 0) begin : without_gap
            assign takes_fold = ~running | ends;
        end else begin : with_gap
            assign takes_fold = ~running & (gap <= GAP_BITS'(1));
        end
    endgenerate

    assign first = running & (cycle == CYCLE_BITS'(0));
    assign wants_step = first;
    assign last = running & ends_step;
    assign opening = opens;
    assign closing = steps_left == STEP_BITS'(1);

    always_ff @(posedge clock) begin
        if (reset) begin
            running <= 1'b0;
            waiting <= 1'b0;
            opens <= 1'b0;
            steps_left <= STEP_BITS'(0);
            cycle <= CYCLE_BITS'(0);
            gap <= GAP_BITS'(0);
        end else if (enable) begin
            gap <= next_gap;
            if (takes | waiting) begin
                running <= long_enough;
                waiting <= ~long_enough;
                opens <= 1'b1;
                steps_left <= next_steps;
                cycle <= CYCLE_BITS'(0);
            end else if (running) begin
                cycle <= ends_step ? CYCLE_BITS'(0) : cycle + 1'b1;
                if (ends_step) begin
                    opens <= 1'b0;
                    steps_left <= steps_left - 1'b1;
                    running <= ~ends;
                end
            end
        end
    end

    // Chunks: they count from the first step of a fold, whose last step ends one too.
    generate
        if (CHUNK != 0) begin : chunks
            localparam integer CHUNK_BITS = $clog2(CHUNK + 1);
            reg [CHUNK_BITS-1:0] chunk_steps;  // of the open chunk, before this one
            assign chunk_ends = closing | (chunk_steps == CHUNK_BITS'(CHUNK - 1));
            always_ff @(posedge clock) begin
                if (reset) chunk_steps <= CHUNK_BITS'(0);
                else if (enable & running & ends_step) begin
                    chunk_steps <= chunk_ends ? CHUNK_BITS'(0) : chunk_steps + 1'b1;
                end
            end
        end else begin : no_chunks
            assign chunk_ends = 1'b0;
        end
    endgenerate

    // Drains: one begins in the cycle in which the bottom row's leftmost sum is whole.
    wire begins_drain;
    delay #(.BITS(1), .STAGES(ROWS + DEPTH - 1), .RESETS(1)) drain_delay (
        .clock(clock), .reset(reset), .enable(enable), .in(ends), .out(begins_drain)
    );
    reg [ROW_BITS-1:0] drained;  // rows, of a drain in progress; ROWS if there is none
    wire [ROW_BITS-1:0] row = begins_drain ? ROW_BITS'(0) : drained;
    assign drain = row != ROW_BITS'(ROWS);

    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : rows
            assign shift[r] = row < ROW_BITS'(r);
        end
    endgenerate

    always_ff @(posedge clock) begin
        if (reset) drained <= ROW_BITS'(ROWS);
        else if (enable & drain) drained <= row + 1'b1;
    end
endmodule
