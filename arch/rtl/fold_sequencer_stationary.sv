// SPDX-License-Identifier: Apache-2.0
// Turns the descriptors of folds into what a stationary array wants and into the control bits of
// its left edge. A fold is loaded (ROWS cycles), then its steps begin, STEP_CYCLES apart. With
// OVERLAP the next fold is loaded from the cycle on in which the steps begin; without, it waits
// until the last sum appears.
module fold_sequencer_stationary #(
    parameter integer ROWS = 4,
    parameter integer COLUMNS = 4,
    parameter integer OVERLAP = 0,
    parameter integer DEPTH = 1,
    parameter integer STEP_CYCLES = 1,
    parameter integer STEP_BITS = 16
) (
    input  wire clock,
    input  wire reset,
    input  wire enable,

    input  wire fold_valid,
    input  wire [STEP_BITS-1:0] fold_steps,  // at least 1
    output wire takes_fold,

    output wire wants_stationary,
    output wire wants_step,
    output wire swap,
    output wire first,
    output wire last,
    output wire [ROWS-1:0] load
);
    // Cycles from the end of the last step to the one before the next fold.
    localparam integer TAIL = ROWS + COLUMNS + DEPTH - 3;
    localparam integer ROW_BITS = $clog2(ROWS + 1);
    localparam integer CYCLE_BITS = $clog2(STEP_CYCLES + 1);
    localparam integer TAIL_BITS = $clog2(TAIL + 2);

    reg pending;  // a fold is loaded or being loaded, its steps have not begun
    reg [STEP_BITS-1:0] pending_steps;
    reg loading;
    reg [ROW_BITS-1:0] loaded;

    reg running;  // steps
    reg opening;  // the first of them
    reg [STEP_BITS-1:0] steps_left;
    reg [CYCLE_BITS-1:0] cycle;  // of the step
    reg [TAIL_BITS-1:0] tail;    // cycles left in which sums still move

    wire loads_last = loaded == ROW_BITS'(ROWS - 1);
    wire ends_step = cycle == CYCLE_BITS'(STEP_CYCLES - 1);
    wire ends_steps = running & ends_step & (steps_left == STEP_BITS'(1));
    wire whole = pending & (~loading | loads_last);
    wire starts = whole & (~running | ends_steps);
    wire takes = takes_fold & fold_valid;

    generate
        if (OVERLAP != 0) begin : overlapped
            assign takes_fold = ~pending | starts;
        end else if (TAIL == 0) begin : without_tail
            assign takes_fold = ~pending & (~running | ends_steps);
        end else begin : isolated
            assign takes_fold = ~pending & ~running & (tail <= TAIL_BITS'(1));
        end
    endgenerate

    assign wants_stationary = loading;
    assign wants_step = first;
    assign first = running & (cycle == CYCLE_BITS'(0));
    assign last = running & ends_step;
    assign swap = first & opening;

    // Row r of the stationary operands passes r rows on its way: each row stops before its own is
    // gone.
    genvar r;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : rows
            assign load[r] = loading & (loaded >= ROW_BITS'(r));
        end
    endgenerate

    always_ff @(posedge clock) begin
        if (reset) begin
            pending <= 1'b0;
            loading <= 1'b0;
            loaded <= ROW_BITS'(0);
        end else if (enable) begin
            if (takes) begin
                pending <= 1'b1;
                loading <= 1'b1;
                loaded <= ROW_BITS'(0);
            end else begin
                if (starts) pending <= 1'b0;
                if (loads_last) loading <= 1'b0;
                if (loading) loaded <= loaded + 1'b1;
            end
        end
    end

    always_ff @(posedge clock) begin
        if (enable & takes) pending_steps <= fold_steps;
    end

    always_ff @(posedge clock) begin
        if (reset) begin
            running <= 1'b0;
            opening <= 1'b0;
            steps_left <= STEP_BITS'(0);
            cycle <= CYCLE_BITS'(0);
            tail <= TAIL_BITS'(0);
        end else if (enable) begin
            if (starts) begin
                running <= 1'b1;
                opening <= 1'b1;
                steps_left <= pending_steps;
                cycle <= CYCLE_BITS'(0);
            end else if (running) begin
                cycle <= ends_step ? CYCLE_BITS'(0) : cycle + 1'b1;
                if (ends_step) begin
                    opening <= 1'b0;
                    steps_left <= steps_left - 1'b1;
                    running <= ~ends_steps;
                end
            end
            if (ends_steps) tail <= TAIL_BITS'(TAIL);
            else if (tail != TAIL_BITS'(0)) tail <= tail - 1'b1;
        end
    end
endmodule
