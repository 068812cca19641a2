// SPDX-License-Identifier: Apache-2.0
// All arrays of the tests in one module, which is verilated once: rtl_array.cpp describes the same
// arrays in the same order. An array has a clock of its own and shares its inputs; every code has a
// lane of 8 bits, every sum one of 96.
`include "chunks.svh"

`define INTEGER_OPERANDS(BITS) .A_BITS(BITS), .W_BITS(BITS)
`define FLOAT_OPERANDS(EXPONENT, MANTISSA, BIAS, SPECIALS) \
    .MULTIPLIER(`MULTIPLIER_MINIFLOAT), .A_BITS(1 + EXPONENT + MANTISSA), .A_EXPONENT(EXPONENT), \
    .A_MANTISSA(MANTISSA), .A_BIAS(BIAS), .A_SPECIALS(SPECIALS), \
    .W_BITS(1 + EXPONENT + MANTISSA), .W_EXPONENT(EXPONENT), .W_MANTISSA(MANTISSA), \
    .W_BIAS(BIAS), .W_SPECIALS(SPECIALS)
`define EXACT(BITS) .ACCUMULATOR(`ACCUMULATOR_EXACT), .SUM_BITS(BITS)
`define FLOAT(EXPONENT, MANTISSA) \
    .ACCUMULATOR(`ACCUMULATOR_FLOAT), .SUM_BITS(1 + EXPONENT + MANTISSA), \
    .SUM_EXPONENT(EXPONENT), .SUM_MANTISSA(MANTISSA), .SUM_BIAS((1 << (EXPONENT - 1)) - 1)

`define INNER_FLOAT(EXPONENT, MANTISSA) \
    .INNER_BITS(1 + EXPONENT + MANTISSA), .INNER_EXPONENT(EXPONENT), .INNER_MANTISSA(MANTISSA), \
    .INNER_BIAS((1 << (EXPONENT - 1)) - 1)

`define INT4 `INTEGER_OPERANDS(4), .SUM_BITS(16)
`define INT8 `INTEGER_OPERANDS(8), .SUM_BITS(32)
`define INT8_SATURATED `INTEGER_OPERANDS(8), .SUM_BITS(16), .SUM_SATURATES(1)
`define E2M1 `FLOAT_OPERANDS(2, 1, 1, `SPECIALS_NONE), `EXACT(25)
`define E4M3 `FLOAT_OPERANDS(4, 3, 7, `SPECIALS_NAN_ONLY), `EXACT(53)
`define E5M2 `FLOAT_OPERANDS(5, 2, 15, `SPECIALS_IEEE), `EXACT(81)
`define E4M3_FP32 `FLOAT_OPERANDS(4, 3, 7, `SPECIALS_NAN_ONLY), `FLOAT(8, 23)
`define E5M2_FP16 `FLOAT_OPERANDS(5, 2, 15, `SPECIALS_IEEE), `FLOAT(5, 10)
`define E4M3_BF16 `FLOAT_OPERANDS(4, 3, 7, `SPECIALS_NAN_ONLY), `FLOAT(8, 7)
`define E5M2_CHUNKED `E5M2_FP16, .CHUNK(3), `INNER_FLOAT(8, 7)
`define E4M3_CHUNKED \
    `FLOAT_OPERANDS(4, 3, 7, `SPECIALS_NAN_ONLY), `FLOAT(5, 10), .CHUNK(2), `INNER_FLOAT(5, 10)
`define INT8_CHUNKED \
    `INTEGER_OPERANDS(8), .SUM_BITS(18), .SUM_SATURATES(1), .CHUNK(2), .INNER_BITS(17), \
    .INNER_SATURATES(1)
`define BIT_SERIAL \
    .MULTIPLIER(`MULTIPLIER_BIT_SERIAL), `INTEGER_OPERANDS(4), .SUM_BITS(16)
`define BIT_SERIAL_CHUNKED `BIT_SERIAL, .CHUNK(2), .INNER_BITS(12)
`define SHIFT .MULTIPLIER(`MULTIPLIER_SHIFT), .A_BITS(8), .W_BITS(4), `EXACT(32)

`define SHARED \
    .reset(reset), .fold_valid(fold_valid), .fold_steps(fold_steps), \
    .stationary_valid(stationary_valid), .step_valid(step_valid), .rows(rows), \
    .columns(columns), .stationary(stationary), .used(used), .output_ready(output_ready)
`define OWN(INDEX) \
    .clock(clock[INDEX]), .takes_fold(takes_fold[INDEX]), \
    .wants_stationary(wants_stationary[INDEX]), .wants_step(wants_step[INDEX]), \
    .valid(valid[8*INDEX +: 8]), .sums(sums[768*INDEX +: 768])
`define STATIONARY(INDEX, INPUT, SECOND, R, C, D) \
    .INPUT_STATIONARY(INPUT), .OVERLAP(SECOND), .ROWS(R), .COLUMNS(C), .DEPTH(D) \
    ) array``INDEX (`SHARED, `OWN(INDEX)
`define OUTPUT(INDEX, SECOND, FOLLOWS, R, C, D) \
    .SHADOW(SECOND), .OVERLAP(FOLLOWS), .ROWS(R), .COLUMNS(C), .DEPTH(D) \
    ) array``INDEX (`SHARED, `OWN(INDEX)

module rtl_arrays #(parameter integer ARRAYS = 54) (
    input  wire [ARRAYS-1:0] clock,
    input  wire reset,
    input  wire fold_valid,
    input  wire [31:0] fold_steps,
    input  wire stationary_valid,
    input  wire step_valid,
    input  wire [63:0] rows,
    input  wire [63:0] columns,
    input  wire [63:0] stationary,
    input  wire [15:0] used,  // two tags a column
    input  wire output_ready,
    output wire [ARRAYS-1:0] takes_fold,
    output wire [ARRAYS-1:0] wants_stationary,
    output wire [ARRAYS-1:0] wants_step,
    output wire [8*ARRAYS-1:0] valid,
    output wire [768*ARRAYS-1:0] sums
);
    lanes_stationary #(`INT4, `STATIONARY(0, 0, 0, 3, 4, 1));
    lanes_stationary #(`INT4, `STATIONARY(1, 0, 1, 3, 4, 2));
    lanes_stationary #(`INT4, `STATIONARY(2, 1, 1, 2, 5, 1));
    lanes_stationary #(`INT4, `STATIONARY(3, 0, 0, 1, 1, 1));
    lanes_output #(`INT4, `OUTPUT(4, 0, 0, 3, 4, 1));
    lanes_output #(`INT4, `OUTPUT(5, 0, 1, 3, 4, 3));
    lanes_output #(`INT4, `OUTPUT(6, 1, 0, 5, 2, 2));
    lanes_output #(`INT4, `OUTPUT(7, 1, 1, 4, 3, 1));
    lanes_output #(`INT4, `OUTPUT(8, 1, 0, 1, 1, 1));

    lanes_stationary #(`INT8, `STATIONARY(9, 0, 1, 8, 8, 1));
    lanes_output #(`INT8, `OUTPUT(10, 1, 1, 5, 2, 4));
    lanes_stationary #(`INT8_SATURATED, `STATIONARY(11, 0, 0, 7, 2, 3));

    lanes_stationary #(`E2M1, `STATIONARY(12, 0, 0, 5, 2, 3));
    lanes_output #(`E2M1, `OUTPUT(13, 0, 1, 2, 7, 2));
    lanes_stationary #(`E4M3, `STATIONARY(14, 1, 1, 4, 4, 2));
    lanes_output #(`E4M3, `OUTPUT(15, 1, 1, 4, 4, 1));
    lanes_stationary #(`E5M2, `STATIONARY(16, 0, 1, 2, 3, 1));
    lanes_output #(`E5M2, `OUTPUT(17, 0, 0, 3, 2, 1));

    lanes_stationary #(`E4M3_FP32, `STATIONARY(18, 0, 1, 3, 3, 4));
    lanes_output #(`E4M3_FP32, `OUTPUT(19, 1, 1, 4, 2, 3));
    lanes_stationary #(`E5M2_FP16, `STATIONARY(20, 1, 0, 2, 7, 2));
    lanes_output #(`E5M2_FP16, `OUTPUT(21, 0, 1, 3, 3, 4));
    lanes_stationary #(`E4M3_BF16, `STATIONARY(22, 0, 1, 1, 3, 1));
    lanes_stationary #(`E4M3_BF16, `STATIONARY(23, 0, 1, 6, 2, 3));
    lanes_output #(`E4M3_BF16, `OUTPUT(24, 0, 0, 5, 2, 2));

    lanes_stationary #(`BIT_SERIAL, `STATIONARY(25, 0, 0, 3, 4, 1));
    lanes_stationary #(`BIT_SERIAL, `STATIONARY(26, 0, 1, 3, 4, 3));
    lanes_stationary #(`BIT_SERIAL, `STATIONARY(27, 1, 1, 7, 2, 2));
    lanes_output #(`BIT_SERIAL, `OUTPUT(28, 0, 0, 4, 3, 1));
    lanes_output #(`BIT_SERIAL, `OUTPUT(29, 0, 1, 2, 3, 2));
    lanes_output #(`BIT_SERIAL, `OUTPUT(30, 1, 0, 1, 3, 4));
    lanes_output #(`BIT_SERIAL, `OUTPUT(31, 1, 1, 7, 2, 1));

    lanes_stationary #(`SHIFT, `STATIONARY(32, 0, 1, 3, 4, 2));
    lanes_stationary #(`SHIFT, `STATIONARY(33, 1, 0, 2, 2, 1));
    lanes_output #(`SHIFT, `OUTPUT(34, 1, 1, 4, 4, 1));
    lanes_output #(`SHIFT, `OUTPUT(35, 0, 1, 1, 8, 3));

    // Every arithmetic in every dataflow.
    lanes_stationary #(`INT8, `STATIONARY(36, 1, 0, 3, 2, 2));
    lanes_stationary #(`E2M1, `STATIONARY(37, 1, 1, 3, 2, 1));
    lanes_stationary #(`E4M3, `STATIONARY(38, 0, 0, 2, 3, 1));
    lanes_stationary #(`E4M3_FP32, `STATIONARY(39, 1, 0, 2, 2, 2));
    lanes_stationary #(`E5M2_FP16, `STATIONARY(40, 0, 1, 2, 2, 1));
    lanes_stationary #(`E4M3_BF16, `STATIONARY(41, 1, 1, 3, 2, 2));

    // Chunks that divide the rows and that do not.
    lanes_stationary #(`E5M2_CHUNKED, `STATIONARY(42, 0, 0, 4, 2, 1));
    lanes_stationary #(`E5M2_CHUNKED, `STATIONARY(43, 1, 1, 3, 2, 2));
    lanes_output #(`E5M2_CHUNKED, `OUTPUT(44, 1, 1, 2, 3, 1));
    lanes_stationary #(`E4M3_CHUNKED, `STATIONARY(45, 0, 1, 5, 2, 1));
    lanes_stationary #(`E4M3_CHUNKED, `STATIONARY(46, 1, 0, 4, 2, 3));
    lanes_output #(`E4M3_CHUNKED, `OUTPUT(47, 0, 0, 3, 2, 2));
    lanes_stationary #(`INT8_CHUNKED, `STATIONARY(48, 0, 1, 5, 3, 2));
    lanes_stationary #(`INT8_CHUNKED, `STATIONARY(49, 1, 0, 2, 2, 1));
    lanes_output #(`INT8_CHUNKED, `OUTPUT(50, 0, 1, 3, 3, 1));
    lanes_stationary #(`BIT_SERIAL_CHUNKED, `STATIONARY(51, 0, 1, 5, 2, 3));
    lanes_output #(`BIT_SERIAL_CHUNKED, `OUTPUT(52, 1, 1, 3, 2, 1));
    lanes_output #(`BIT_SERIAL_CHUNKED, `OUTPUT(53, 1, 0, 2, 3, 2));
endmodule

module lanes_stationary #(
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
    input  wire fold_valid,
    input  wire [31:0] fold_steps,
    output wire takes_fold,
    output wire wants_stationary,
    input  wire stationary_valid,
    input  wire [63:0] stationary,
    input  wire [15:0] used,
    output wire wants_step,
    input  wire step_valid,
    input  wire [63:0] rows,
    input  wire [63:0] columns,
    output wire [7:0] valid,
    output wire [767:0] sums,
    input  wire output_ready
);
    wire [ROWS*PASSING_BITS-1:0] row_operands;
    wire [COLUMNS*STATIONARY_BITS-1:0] stationary_operands;
    wire [COLUMNS*SUM_BITS-1:0] packed_sums;
    wire [COLUMNS-1:0] column_valid;
    localparam integer TAG_BITS = `TAG_BITS;
    wire [COLUMNS*TAG_BITS-1:0] tags;

    genvar i;
    generate
        for (i = 0; i < ROWS; i = i + 1) begin : row_lanes
            assign row_operands[i*PASSING_BITS +: PASSING_BITS] = rows[8*i +: PASSING_BITS];
        end
        for (i = 0; i < COLUMNS; i = i + 1) begin : column_lanes
            assign stationary_operands[i*STATIONARY_BITS +: STATIONARY_BITS] =
                stationary[8*i +: STATIONARY_BITS];
            assign tags[i*TAG_BITS +: TAG_BITS] = used[2*i +: TAG_BITS];
        end
        for (i = 0; i < 8; i = i + 1) begin : sum_lanes
            if (i < COLUMNS) begin : present
                assign sums[96*i +: 96] =
                    {{(96-SUM_BITS){1'b0}}, packed_sums[i*SUM_BITS +: SUM_BITS]};
                assign valid[i] = column_valid[i];
            end else begin : absent
                assign sums[96*i +: 96] = 96'd0;
                assign valid[i] = 1'b0;
            end
        end
    endgenerate

    array_stationary #(
        `ARITHMETIC_ARGUMENTS, `CHUNK_ARGUMENTS, .ROWS(ROWS), .COLUMNS(COLUMNS),
        .INPUT_STATIONARY(INPUT_STATIONARY), .OVERLAP(OVERLAP), .DEPTH(DEPTH), .STEP_BITS(32)
    ) array (
        .clock(clock), .reset(reset), .fold_valid(fold_valid), .fold_steps(fold_steps),
        .takes_fold(takes_fold), .wants_stationary(wants_stationary),
        .stationary_valid(stationary_valid), .stationary(stationary_operands),
        .used(tags), .wants_step(wants_step), .step_valid(step_valid),
        .row_operands(row_operands), .valid(column_valid), .sums(packed_sums),
        .output_ready(output_ready)
    );
endmodule

module lanes_output #(
    `ARITHMETIC_PARAMETERS,
    `CHUNK_PARAMETERS,
    parameter integer ROWS = 4,
    parameter integer COLUMNS = 4,
    parameter integer SHADOW = 0,
    parameter integer OVERLAP = 0,
    parameter integer DEPTH = 1
) (
    input  wire clock,
    input  wire reset,
    input  wire fold_valid,
    input  wire [31:0] fold_steps,
    output wire takes_fold,
    output wire wants_stationary,
    input  wire stationary_valid,
    input  wire [63:0] stationary,
    input  wire [15:0] used,
    output wire wants_step,
    input  wire step_valid,
    input  wire [63:0] rows,
    input  wire [63:0] columns,
    output wire [7:0] valid,
    output wire [767:0] sums,
    input  wire output_ready
);
    wire [ROWS*A_BITS-1:0] row_operands;
    wire [COLUMNS*W_BITS-1:0] column_operands;
    wire [COLUMNS*SUM_BITS-1:0] packed_sums;
    wire [COLUMNS-1:0] column_valid;
    assign wants_stationary = 1'b0;

    genvar i;
    generate
        for (i = 0; i < ROWS; i = i + 1) begin : row_lanes
            assign row_operands[i*A_BITS +: A_BITS] = rows[8*i +: A_BITS];
        end
        for (i = 0; i < COLUMNS; i = i + 1) begin : column_lanes
            assign column_operands[i*W_BITS +: W_BITS] = columns[8*i +: W_BITS];
        end
        for (i = 0; i < 8; i = i + 1) begin : sum_lanes
            if (i < COLUMNS) begin : present
                assign sums[96*i +: 96] =
                    {{(96-SUM_BITS){1'b0}}, packed_sums[i*SUM_BITS +: SUM_BITS]};
                assign valid[i] = column_valid[i];
            end else begin : absent
                assign sums[96*i +: 96] = 96'd0;
                assign valid[i] = 1'b0;
            end
        end
    endgenerate

    array_output #(
        `ARITHMETIC_ARGUMENTS, `CHUNK_ARGUMENTS, .ROWS(ROWS), .COLUMNS(COLUMNS), .SHADOW(SHADOW),
        .OVERLAP(OVERLAP), .DEPTH(DEPTH), .STEP_BITS(32)
    ) array (
        .clock(clock), .reset(reset), .fold_valid(fold_valid), .fold_steps(fold_steps),
        .takes_fold(takes_fold), .wants_step(wants_step), .step_valid(step_valid),
        .row_operands(row_operands), .column_operands(column_operands), .valid(column_valid),
        .sums(packed_sums), .output_ready(output_ready)
    );
endmodule
