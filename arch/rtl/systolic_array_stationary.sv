// SPDX-License-Identifier: Apache-2.0
// Weight or input stationary processing elements, their skew registers and the control of their
// rows.
`include "chunks.svh"
// Ports of an element with chunks or without.
`define ELEMENT_PORTS \
    .clock(clock), .reset(reset), .enable(enable), .load(loads[AT]), .swap(swaps[AT]), \
    .first(firsts[AT]), .accumulate(accumulates[AT]), .load_right(loads[AT+1]), \
    .swap_right(swaps[AT+1]), .first_right(firsts[AT+1]), \
    .accumulate_right(accumulates[AT+1]), \
    .operand(passing[AT*PASSING_BITS +: PASSING_BITS]), \
    .operand_right(passing[(AT+1)*PASSING_BITS +: PASSING_BITS]), \
    .stationary(falling[ABOVE*CARRIED +: CARRIED]), \
    .stationary_below(falling[BELOW*CARRIED +: CARRIED]), \
    .sum(partial[ABOVE*OPEN_BITS +: OPEN_BITS]), \
    .sum_below(partial[BELOW*OPEN_BITS +: OPEN_BITS])

module systolic_array_stationary #(
    `ARITHMETIC_PARAMETERS,
    `CHUNK_PARAMETERS,
    parameter integer ROWS = 4,
    parameter integer COLUMNS = 4,
    parameter integer INPUT_STATIONARY = 0,
    parameter integer OVERLAP = 0,
    parameter integer DEPTH = 1,
    parameter integer STATIONARY_BITS = INPUT_STATIONARY != 0 ? A_BITS : W_BITS,
    parameter integer PASSING_BITS = INPUT_STATIONARY != 0 ? W_BITS : A_BITS
) (
    input  wire clock,
    input  wire reset,
    input  wire enable,

    // What PE(0, 0) does in this cycle.
    input  wire swap,
    input  wire first,
    input  wire last,
    input  wire [ROWS-1:0] load,  // of every row's leftmost PE

    input  wire [ROWS*PASSING_BITS-1:0] operands,
    input  wire [COLUMNS*(STATIONARY_BITS+`TAG_BITS)-1:0] stationary,  // {tags, code}
    output wire [COLUMNS-1:0] valid,
    output wire [COLUMNS*SUM_BITS-1:0] sums
);
    localparam integer CARRIED = STATIONARY_BITS + `TAG_BITS;
    localparam integer OPEN_BITS = `OPEN_BITS;

    // Wires between neighbours: one more than PEs in the direction in which they lead.
    wire [ROWS*(COLUMNS+1)-1:0] loads, swaps, firsts, accumulates;
    wire [ROWS*(COLUMNS+1)*PASSING_BITS-1:0] passing;
    wire [(ROWS+1)*COLUMNS*CARRIED-1:0] falling;
    wire [(ROWS+1)*COLUMNS*OPEN_BITS-1:0] partial;

    wire [ROWS*PASSING_BITS-1:0] skewed_operands;
    skew #(.LANES(ROWS), .BITS(PASSING_BITS)) skew_rows (
        .clock(clock), .enable(enable), .in(operands), .out(skewed_operands)
    );
    skew #(.LANES(COLUMNS), .BITS(CARRIED)) skew_columns (
        .clock(clock), .enable(enable), .in(stationary), .out(falling[COLUMNS*CARRIED-1:0])
    );
    assign partial[COLUMNS*OPEN_BITS-1:0] = {(COLUMNS*OPEN_BITS){1'b0}};

    wire accumulate;
    delay #(.BITS(1), .STAGES(DEPTH - 1), .RESETS(1)) accumulate_delay (
        .clock(clock), .reset(reset), .enable(enable), .in(last), .out(accumulate)
    );

    genvar r, c;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : rows
            localparam integer LEFT = r * (COLUMNS + 1);
            assign loads[LEFT] = load[r];
            assign passing[LEFT*PASSING_BITS +: PASSING_BITS] =
                skewed_operands[r*PASSING_BITS +: PASSING_BITS];
            // A row does what the row above did a cycle before.
            if (r == 0) begin : top
                assign {swaps[LEFT], firsts[LEFT], accumulates[LEFT]} =
                    {swap, first, accumulate};
            end else begin : below
                localparam integer ABOVE = LEFT - COLUMNS - 1;
                delay #(.BITS(3), .RESETS(1)) control (
                    .clock(clock), .reset(reset), .enable(enable),
                    .in({swaps[ABOVE], firsts[ABOVE], accumulates[ABOVE]}),
                    .out({swaps[LEFT], firsts[LEFT], accumulates[LEFT]})
                );
            end
            for (c = 0; c < COLUMNS; c = c + 1) begin : columns
                localparam integer AT = LEFT + c;
                localparam integer ABOVE = r * COLUMNS + c;
                localparam integer BELOW = ABOVE + COLUMNS;
                if (CHUNK != 0) begin : chunked
                    processing_element_stationary_chunked #(
                        `ARITHMETIC_ARGUMENTS, `CHUNK_ARGUMENTS,
                        .INPUT_STATIONARY(INPUT_STATIONARY), .OVERLAP(OVERLAP), .DEPTH(DEPTH)
                    ) element (`ELEMENT_PORTS);
                end else begin : plain
                    processing_element_stationary #(
                        `ARITHMETIC_ARGUMENTS, .INPUT_STATIONARY(INPUT_STATIONARY),
                        .OVERLAP(OVERLAP), .DEPTH(DEPTH)
                    ) element (`ELEMENT_PORTS);
                end
            end
        end
    endgenerate

    // The bottom row's accumulation is seen a cycle later, with its bit at the right neighbour.
    assign valid = accumulates[(ROWS-1)*(COLUMNS+1)+1 +: COLUMNS];
    // Of {outer, inner} the outer sum leaves: the last product has closed its chunk.
    generate
        for (c = 0; c < COLUMNS; c = c + 1) begin : ends
            assign sums[c*SUM_BITS +: SUM_BITS] =
                partial[(ROWS*COLUMNS+c+1)*OPEN_BITS-1 -: SUM_BITS];
        end
    endgenerate
endmodule
`undef ELEMENT_PORTS
