// SPDX-License-Identifier: Apache-2.0
// Output stationary processing elements, their skew registers and the control of their rows.
`include "chunks.svh"
// Ports that an element with chunks and one without have in common.
`define ELEMENT_PORTS \
    .clock(clock), .reset(reset), .enable(enable), .first(firsts[AT]), \
    .accumulate(accumulates[AT]), .opening(openings[AT]), .closing(closings[AT]), \
    .shift(shifts[AT]), .first_right(firsts[AT+1]), .accumulate_right(accumulates[AT+1]), \
    .opening_right(openings[AT+1]), .closing_right(closings[AT+1]), .shift_right(shifts[AT+1]), \
    .activation(passing[AT*A_BITS +: A_BITS]), \
    .activation_right(passing[(AT+1)*A_BITS +: A_BITS]), \
    .weight(falling[ABOVE*W_BITS +: W_BITS]), \
    .weight_below(falling[BELOW*W_BITS +: W_BITS]), \
    .sum(leaving[ABOVE*SUM_BITS +: SUM_BITS]), \
    .sum_below(leaving[BELOW*SUM_BITS +: SUM_BITS])

module systolic_array_output #(
    `ARITHMETIC_PARAMETERS,
    `CHUNK_PARAMETERS,
    parameter integer ROWS = 4,
    parameter integer COLUMNS = 4,
    parameter integer SHADOW = 0,
    parameter integer DEPTH = 1
) (
    input  wire clock,
    input  wire reset,
    input  wire enable,

    // What PE(0, 0) does in this cycle.
    input  wire first,    // begins a step
    input  wire last,     // ends it
    input  wire opening,  // the step is the first one of its fold
    input  wire closing,  // or the last one
    input  wire chunk_ends,  // or the last one of a chunk
    // What the leftmost column does in this cycle.
    input  wire drain,             // a sum leaves
    input  wire [ROWS-1:0] shift,  // the row takes the sums above

    input  wire [ROWS*A_BITS-1:0] activations,
    input  wire [COLUMNS*W_BITS-1:0] weights,
    output wire [COLUMNS-1:0] valid,
    output wire [COLUMNS*SUM_BITS-1:0] sums
);
    // Wires between neighbours: one more than PEs in the direction in which they lead.
    wire [ROWS*(COLUMNS+1)-1:0] firsts, accumulates, openings, closings, shifts;
    wire [ROWS*(COLUMNS+1)-1:0] ends_of_chunks;
    wire [ROWS*(COLUMNS+1)*A_BITS-1:0] passing;
    wire [(ROWS+1)*COLUMNS*W_BITS-1:0] falling;
    wire [(ROWS+1)*COLUMNS*SUM_BITS-1:0] leaving;

    wire [ROWS*A_BITS-1:0] skewed_activations;
    skew #(.LANES(ROWS), .BITS(A_BITS)) skew_rows (
        .clock(clock), .enable(enable), .in(activations), .out(skewed_activations)
    );
    skew #(.LANES(COLUMNS), .BITS(W_BITS)) skew_columns (
        .clock(clock), .enable(enable), .in(weights), .out(falling[COLUMNS*W_BITS-1:0])
    );
    assign leaving[COLUMNS*SUM_BITS-1:0] = {(COLUMNS*SUM_BITS){1'b0}};

    wire accumulate, opens, closes, ends_chunk;
    delay #(.BITS(4), .STAGES(DEPTH - 1), .RESETS(1)) accumulate_delay (
        .clock(clock), .reset(reset), .enable(enable), .in({last, opening, closing, chunk_ends}),
        .out({accumulate, opens, closes, ends_chunk})
    );

    genvar r, c;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : rows
            localparam integer LEFT = r * (COLUMNS + 1);
            assign shifts[LEFT] = shift[r];
            assign passing[LEFT*A_BITS +: A_BITS] = skewed_activations[r*A_BITS +: A_BITS];
            // A row does what the row above did a cycle before.
            if (r == 0) begin : top
                assign {firsts[LEFT], accumulates[LEFT], openings[LEFT], closings[LEFT],
                        ends_of_chunks[LEFT]} = {first, accumulate, opens, closes, ends_chunk};
            end else begin : below
                localparam integer ABOVE = LEFT - COLUMNS - 1;
                delay #(.BITS(5), .RESETS(1)) control (
                    .clock(clock), .reset(reset), .enable(enable),
                    .in({firsts[ABOVE], accumulates[ABOVE], openings[ABOVE], closings[ABOVE],
                         ends_of_chunks[ABOVE]}),
                    .out({firsts[LEFT], accumulates[LEFT], openings[LEFT], closings[LEFT],
                          ends_of_chunks[LEFT]})
                );
            end
            for (c = 0; c < COLUMNS; c = c + 1) begin : columns
                localparam integer AT = LEFT + c;
                localparam integer ABOVE = r * COLUMNS + c;
                localparam integer BELOW = ABOVE + COLUMNS;
                if (CHUNK != 0) begin : chunked
                    processing_element_output_chunked #(
                        `ARITHMETIC_ARGUMENTS, `CHUNK_ARGUMENTS, .SHADOW(SHADOW), .DEPTH(DEPTH)
                    ) element (
                        `ELEMENT_PORTS, .chunk_ends(ends_of_chunks[AT]),
                        .chunk_ends_right(ends_of_chunks[AT+1])
                    );
                end else begin : plain
                    processing_element_output #(
                        `ARITHMETIC_ARGUMENTS, .SHADOW(SHADOW), .DEPTH(DEPTH)
                    ) element (`ELEMENT_PORTS);
                    assign ends_of_chunks[AT+1] = 1'b0;
                end
            end
        end
        for (c = 0; c < COLUMNS; c = c + 1) begin : drains
            delay #(.BITS(1), .STAGES(c), .RESETS(1)) registers (
                .clock(clock), .reset(reset), .enable(enable), .in(drain), .out(valid[c])
            );
        end
    endgenerate

    assign sums = leaving[ROWS*COLUMNS*SUM_BITS +: COLUMNS*SUM_BITS];
endmodule
`undef ELEMENT_PORTS
