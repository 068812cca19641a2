// SPDX-License-Identifier: Apache-2.0
// The cheapest float adder: a register without subnormals, infinities and NaN plus an exact
// product, rounded once to the nearest, ties to even. What is too large stops at the largest code,
// what is too small becomes zero or the smallest value, whichever is nearer (of the half, zero). A
// sum of zero is +0. Exponent field 0 holds zero only, with a mantissa of zero: other codes of that
// field are never produced and must not come in.
//
// The product is normalised, then the smaller of the two magnitudes is shifted to the larger one's
// place, so that a difference is never negative.
module accumulator_float_flush #(
    parameter integer EXPONENT = 8,
    parameter integer MANTISSA = 23,
    parameter integer PRODUCT_SIGNIFICAND = 8,
    parameter integer PRODUCT_EXPONENT = 5,
    // Exponent field, in the register's format, of a product whose significand has its top bit set
    // and whose exponent is 0.
    parameter integer OFFSET = 116
) (
    input  wire [EXPONENT+MANTISSA:0] sum,
    input  wire negate,
    input  wire [PRODUCT_EXPONENT-1:0] exponent,
    input  wire [PRODUCT_SIGNIFICAND-1:0] significand,
    output wire [EXPONENT+MANTISSA:0] result
);
    localparam integer KEPT =
        MANTISSA + 1 > PRODUCT_SIGNIFICAND ? MANTISSA + 1 : PRODUCT_SIGNIFICAND;
    localparam integer WORD = KEPT + 3;   // guard, round, sticky
    localparam integer TOTAL = WORD + 1;  // carry
    // Exponent fields on their way, signed: of products and of sums, raised by a carry or lowered to
    // below zero, and their differences.
    localparam integer TOP = (1 << EXPONENT) - 1;
    localparam integer PRODUCT_LOW = OFFSET - PRODUCT_SIGNIFICAND + 1;
    localparam integer PRODUCT_HIGH = OFFSET + (1 << PRODUCT_EXPONENT) - 1;
    localparam integer HIGHEST = (TOP > PRODUCT_HIGH ? TOP : PRODUCT_HIGH) + 2;
    localparam integer LOWEST = (PRODUCT_LOW < 0 ? PRODUCT_LOW : 0) - TOTAL;
    localparam integer FIELD =
        1 + $clog2((HIGHEST > TOP - LOWEST ? HIGHEST : TOP - LOWEST) + 1);
    localparam integer PRODUCT_ZEROS = $clog2(PRODUCT_SIGNIFICAND);
    localparam integer DISTANCE = $clog2(WORD);
    localparam integer ZEROS = $clog2(TOTAL);

    wire sum_negative = sum[EXPONENT+MANTISSA];
    wire sum_normal = |sum[MANTISSA +: EXPONENT];
    wire [FIELD-1:0] sum_field = {{(FIELD-EXPONENT){1'b0}}, sum[MANTISSA +: EXPONENT]};

    wire [PRODUCT_ZEROS-1:0] product_zeros;
    wire [PRODUCT_SIGNIFICAND-1:0] normalised;
    shift_left_normalise #(.BITS(PRODUCT_SIGNIFICAND), .COUNT(PRODUCT_ZEROS)) normalise_product (
        .value(significand), .normalised(normalised), .zeros(product_zeros)
    );
    wire product_normal = normalised[PRODUCT_SIGNIFICAND-1];
    wire [FIELD-1:0] product_field =
        OFFSET[FIELD-1:0] + {{(FIELD-PRODUCT_EXPONENT){1'b0}}, exponent} -
        {{(FIELD-PRODUCT_ZEROS){1'b0}}, product_zeros};

    // One subtraction of exponents and of the bits of the significands that may differ both
    // compares the magnitudes and tells how far apart they are.
    wire [KEPT-1:0] sum_word = {sum_normal, sum[MANTISSA-1:0], {(KEPT-MANTISSA-1){1'b0}}};
    wire [KEPT-1:0] product_word = {normalised, {(KEPT-PRODUCT_SIGNIFICAND){1'b0}}};
    wire borrow = product_word[KEPT-1 -: PRODUCT_SIGNIFICAND] >
                  sum_word[KEPT-1 -: PRODUCT_SIGNIFICAND];
    wire [FIELD-1:0] apart = sum_field - product_field - {{(FIELD-1){1'b0}}, borrow};
    wire swap = (apart[FIELD-1] | ~sum_normal) & product_normal;
    wire [FIELD-1:0] base = apart ^ {FIELD{apart[FIELD-1]}};
    wire far = |base[FIELD-1:DISTANCE];
    wire [DISTANCE:0] near =
        {1'b0, base[DISTANCE-1:0]} + {{DISTANCE{1'b0}}, apart[FIELD-1] ^ borrow};
    wire [DISTANCE-1:0] distance = near[DISTANCE-1:0] | {DISTANCE{far | near[DISTANCE]}};

    wire [FIELD-1:0] large_field = swap ? product_field : sum_field;
    wire [KEPT-1:0] large_word = swap ? product_word : sum_word;
    wire [KEPT-1:0] small_word = swap ? sum_word : product_word;
    wire large_negative = swap ? negate : sum_negative;
    wire [WORD-2:0] aligned;
    wire sticky;
    shift_right_sticky #(.BITS(WORD - 1), .AMOUNT(DISTANCE)) align (
        .value({small_word, 2'b00}), .distance(distance), .shifted(aligned), .sticky(sticky)
    );

    wire subtract = sum_negative ^ negate;
    wire [TOTAL-1:0] total = {1'b0, large_word, 3'b000} +
                             ({1'b0, aligned, sticky} ^ {TOTAL{subtract}}) +
                             {{(TOTAL-1){1'b0}}, subtract};

    wire [ZEROS-1:0] zeros;
    wire [TOTAL-1:0] scaled;
    shift_left_normalise #(.BITS(TOTAL), .COUNT(ZEROS)) normalise_total (
        .value(total), .normalised(scaled), .zeros(zeros)
    );
    wire last = scaled[TOTAL-1-MANTISSA];
    wire guard = scaled[TOTAL-2-MANTISSA];
    wire rest = |scaled[TOTAL-3-MANTISSA:0];
    wire increment = guard & (last | rest);
    // One less than the field of the result: the hidden one adds it. A carry out of the mantissa is
    // the next exponent.
    wire [FIELD-1:0] below = large_field - {{(FIELD-ZEROS){1'b0}}, zeros};
    wire [FIELD+MANTISSA-1:0] code =
        {below, {MANTISSA{1'b0}}} + {{(FIELD-1){1'b0}}, scaled[TOTAL-1 -: MANTISSA+1]} +
        {{(FIELD+MANTISSA-1){1'b0}}, increment};

    localparam integer CODE = EXPONENT + MANTISSA;
    wire nonzero = scaled[TOTAL-1];
    wire normal = nonzero & ~below[FIELD-1];
    wire smallest = nonzero & (&below) & (|scaled[TOTAL-2:0]);  // field 0, more than half of it
    wire largest = ~code[FIELD+MANTISSA-1] & (|code[FIELD+MANTISSA-2:CODE]);
    assign result = {large_negative & (normal | smallest),
                     (code[CODE-1:0] & {CODE{normal}}) | {CODE{largest}} |
                     {{(EXPONENT-1){1'b0}}, smallest, {MANTISSA{1'b0}}}};
endmodule
