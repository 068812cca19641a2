// SPDX-License-Identifier: Apache-2.0
// The adder of a processing element, with chunks (CHUNK) or without. With chunks a sum is the word
// {outer, inner}: products are added to the inner sum, and the one that closes a chunk has it added
// to the outer sum, in the same cycle, and cleared. Both registers are floats of IEEE 754, or both
// are two's complement.
`include "arithmetic.svh"
module accumulator_chunked #(`ARITHMETIC_PARAMETERS) (
    input  wire [`OPEN_BITS-1:0] sum,
    input  wire [`PRODUCT_BITS-1:0] product,
    input  wire closes,  // the product is the last one of a chunk
    output wire [`OPEN_BITS-1:0] result
);
    generate
        if (CHUNK == 0) begin : whole
            accumulator #(`ARITHMETIC_ARGUMENTS) add (
                .sum(sum), .product(product), .result(result)
            );
        end else begin : chunks
            wire [SUM_BITS-1:0] outer = sum[INNER_BITS +: SUM_BITS];
            wire [SUM_BITS-1:0] next_outer;
            wire [INNER_BITS-1:0] chunk;
            accumulator #(
                .MULTIPLIER(MULTIPLIER), .A_BITS(A_BITS), .A_SIGNED(A_SIGNED),
                .A_EXPONENT(A_EXPONENT), .A_MANTISSA(A_MANTISSA), .A_BIAS(A_BIAS),
                .A_SPECIALS(A_SPECIALS), .A_SUBNORMALS(A_SUBNORMALS), .W_BITS(W_BITS),
                .W_SIGNED(W_SIGNED), .W_EXPONENT(W_EXPONENT), .W_MANTISSA(W_MANTISSA),
                .W_BIAS(W_BIAS), .W_SPECIALS(W_SPECIALS), .W_SUBNORMALS(W_SUBNORMALS),
                .ACCUMULATOR(ACCUMULATOR), .SUM_BITS(INNER_BITS), .SUM_SATURATES(INNER_SATURATES),
                .SUM_EXPONENT(INNER_EXPONENT), .SUM_MANTISSA(INNER_MANTISSA),
                .SUM_BIAS(INNER_BIAS)
            ) add_product (
                .sum(sum[INNER_BITS-1:0]), .product(product), .result(chunk)
            );
            if (ACCUMULATOR == `ACCUMULATOR_FLOAT) begin : floating
                wire [INNER_EXPONENT-1:0] field = chunk[INNER_MANTISSA +: INNER_EXPONENT];
                wire normal = |field;
                wire special = &field;
                wire whole_mantissa = |chunk[INNER_MANTISSA-1:0];
                // A significand with its top bit set and the exponent e has the field e + OFFSET.
                accumulator_float #(
                    .EXPONENT(SUM_EXPONENT), .MANTISSA(SUM_MANTISSA),
                    .PRODUCT_SIGNIFICAND(INNER_MANTISSA + 1), .PRODUCT_EXPONENT(INNER_EXPONENT),
                    .OFFSET(SUM_BIAS - INNER_BIAS)
                ) add_chunk (
                    .sum(outer), .nan(special & whole_mantissa),
                    .infinite(special & ~whole_mantissa), .negate(chunk[INNER_BITS-1]),
                    .exponent(field | {{(INNER_EXPONENT-1){1'b0}}, ~normal}),
                    .significand({normal, chunk[INNER_MANTISSA-1:0]}), .result(next_outer)
                );
            end else begin : integers
                accumulator_integer #(
                    .BITS(SUM_BITS), .PRODUCT(INNER_BITS), .SATURATES(SUM_SATURATES)
                ) add_chunk (
                    .sum(outer), .negate(1'b0), .product(chunk), .result(next_outer)
                );
            end
            assign result = closes ? {next_outer, {INNER_BITS{1'b0}}} : {outer, chunk};
        end
    endgenerate
endmodule
