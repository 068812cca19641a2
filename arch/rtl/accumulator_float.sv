// SPDX-License-Identifier: Apache-2.0
// A float register (IEEE 754: subnormals, infinities, NaN) plus an exact product, rounded once to
// the nearest, ties to even. A sum of zero is +0, a NaN has all bits but the sign set.
//
// The word that is added is as wide as the wider significand, with two bits and a sticky one
// behind: where exponents differ by two or more, at most one leading bit cancels. For that to hold
// the product is normalised first; a subnormal sum need not be, because nothing is rounded finer
// than its last bit.
module accumulator_float #(
    parameter integer EXPONENT = 8,
    parameter integer MANTISSA = 23,
    parameter integer PRODUCT_SIGNIFICAND = 8,
    parameter integer PRODUCT_EXPONENT = 5,
    // Exponent field, in the register's format, of a product whose significand has its top bit set
    // and whose exponent is 0.
    parameter integer OFFSET = 116
) (
    input  wire [EXPONENT+MANTISSA:0] sum,
    input  wire nan,
    input  wire infinite,
    input  wire negate,
    input  wire [PRODUCT_EXPONENT-1:0] exponent,
    input  wire [PRODUCT_SIGNIFICAND-1:0] significand,
    output wire [EXPONENT+MANTISSA:0] result
);
    localparam integer KEPT =
        MANTISSA + 1 > PRODUCT_SIGNIFICAND ? MANTISSA + 1 : PRODUCT_SIGNIFICAND;
    localparam integer WORD = KEPT + 3;   // guard, round, sticky
    localparam integer TOTAL = WORD + 1;  // carry
    // Exponent fields, of which products may lie below 0 and above the register's, and their
    // distances.
    localparam integer HIGHEST = (1 << EXPONENT) > OFFSET + (1 << PRODUCT_EXPONENT)
                                 ? 1 << EXPONENT : OFFSET + (1 << PRODUCT_EXPONENT);
    localparam integer LOWEST = OFFSET > PRODUCT_SIGNIFICAND ? 0 : OFFSET - PRODUCT_SIGNIFICAND;
    localparam integer FIELD = 1 + $clog2(HIGHEST - LOWEST + 2);
    localparam integer PRODUCT_ZEROS = $clog2(PRODUCT_SIGNIFICAND + 1);
    localparam integer DISTANCE = $clog2(WORD);
    localparam integer ZEROS = $clog2(TOTAL + 1);
    localparam [EXPONENT-1:0] TOP = {EXPONENT{1'b1}};

    // The register, as {normal, mantissa} of an exponent field of at least 1.
    wire sum_negative = sum[EXPONENT+MANTISSA];
    wire [EXPONENT-1:0] sum_code = sum[MANTISSA +: EXPONENT];
    wire sum_normal = |sum_code;
    wire sum_special = sum_code == TOP;
    wire sum_nan = sum_special & (|sum[MANTISSA-1:0]);
    wire sum_infinite = sum_special & ~(|sum[MANTISSA-1:0]);
    wire signed [FIELD-1:0] sum_field =
        {{(FIELD-EXPONENT){1'b0}}, sum_code[EXPONENT-1:1], sum_code[0] | ~sum_normal};

    // The product, its top bit set; zero lies below every register, so that it moves nothing.
    wire [PRODUCT_ZEROS-1:0] product_zeros;
    leading_zeros #(.BITS(PRODUCT_SIGNIFICAND)) count_product (
        .value(significand), .count(product_zeros)
    );
    wire [PRODUCT_SIGNIFICAND-1:0] normalised = significand << product_zeros;
    wire product_zero = ~|significand;
    localparam signed [FIELD-1:0] BASE = OFFSET[FIELD-1:0];
    wire signed [FIELD-1:0] product_field = product_zero ? {FIELD{1'b0}} :
        BASE + $signed({{(FIELD-PRODUCT_EXPONENT){1'b0}}, exponent}) -
        $signed({{(FIELD-PRODUCT_ZEROS){1'b0}}, product_zeros});

    // The one of the smaller exponent is shifted to the other's.
    wire [KEPT-1:0] sum_word = {sum_normal, sum[MANTISSA-1:0], {(KEPT-MANTISSA-1){1'b0}}};
    wire [KEPT-1:0] product_word = {normalised, {(KEPT-PRODUCT_SIGNIFICAND){1'b0}}};
    wire swap = product_field > sum_field;
    wire signed [FIELD-1:0] large_field = swap ? product_field : sum_field;
    wire signed [FIELD-1:0] small_field = swap ? sum_field : product_field;
    wire [KEPT-1:0] large_word = swap ? product_word : sum_word;
    wire [KEPT-1:0] small_word = swap ? sum_word : product_word;
    wire large_negative = swap ? negate : sum_negative;
    wire [FIELD-1:0] apart = large_field - small_field;
    wire far = apart >= FIELD'(WORD);
    wire [DISTANCE-1:0] distance = far ? {DISTANCE{1'b1}} : apart[DISTANCE-1:0];
    wire [WORD-2:0] aligned;
    wire sticky;
    shift_right_sticky #(.BITS(WORD - 1), .AMOUNT(DISTANCE)) align (
        .value({small_word, 2'b00}), .distance(distance), .shifted(aligned), .sticky(sticky)
    );

    // With equal exponents, or subnormal, the difference may be negative.
    wire subtract = sum_negative ^ negate;
    wire [TOTAL-1:0] small_term = {1'b0, aligned, sticky} ^ {TOTAL{subtract}};
    wire [TOTAL-1:0] raw =
        {1'b0, large_word, 3'b000} + small_term + {{(TOTAL-1){1'b0}}, subtract};
    wire turned = subtract & raw[TOTAL-1];
    wire [TOTAL-1:0] magnitude = turned ? -raw : raw;

    // Normalised as far as the lowest exponent allows; TOTAL's top bit is one above the large
    // field.
    wire [ZEROS-1:0] zeros;
    leading_zeros #(.BITS(TOTAL)) count_total (.value(magnitude), .count(zeros));
    wire [FIELD-1:0] zeros_wide = {{(FIELD-ZEROS){1'b0}}, zeros};
    wire bounded = zeros_wide > large_field;
    wire [FIELD-1:0] up = bounded ? large_field : zeros_wide;
    wire [TOTAL-1:0] scaled = magnitude << up;
    wire [FIELD-1:0] scaled_field = scaled[TOTAL-1] ? large_field + 1'b1 - up : {FIELD{1'b0}};

    wire last = scaled[TOTAL-1-MANTISSA];
    wire guard = scaled[TOTAL-2-MANTISSA];
    wire rest = |scaled[TOTAL-3-MANTISSA:0];
    wire increment = guard & (last | rest);
    // A carry out of the mantissa is the next exponent.
    wire [FIELD+MANTISSA-1:0] code = {scaled_field, scaled[TOTAL-2 -: MANTISSA]} +
                                     {{(FIELD+MANTISSA-1){1'b0}}, increment};
    wire overflow = code[MANTISSA +: FIELD] >= {{(FIELD-EXPONENT){1'b0}}, TOP};

    wire result_nan = nan | sum_nan | (infinite & sum_infinite & subtract);
    wire result_infinite = infinite | sum_infinite | overflow;
    wire result_negative = infinite ? negate : sum_infinite ? sum_negative :
                           (large_negative ^ turned) & (|code);
    assign result =
        result_nan ? {1'b0, TOP, {MANTISSA{1'b1}}} :
        result_infinite ? {result_negative, TOP, {MANTISSA{1'b0}}} :
        {result_negative, code[EXPONENT+MANTISSA-1:0]};
endmodule
