// SPDX-License-Identifier: Apache-2.0
// The adder of the outer sum of chunks: adds a chunk once it is whole, and else passes the sum.
`include "chunks.svh"
module accumulator_chunked #(`ARITHMETIC_PARAMETERS, `CHUNK_PARAMETERS) (
    input  wire [SUM_BITS-1:0] outer,
    input  wire [INNER_BITS-1:0] chunk,
    input  wire whole,
    output wire [SUM_BITS-1:0] result
);
    wire [SUM_BITS-1:0] added;
    assign result = whole ? added : outer;

    generate
        if (ACCUMULATOR == `ACCUMULATOR_FLOAT) begin : floating
            wire [INNER_EXPONENT-1:0] field = chunk[INNER_MANTISSA +: INNER_EXPONENT];
            wire normal = |field;
            wire special = &field;
            wire some_mantissa = |chunk[INNER_MANTISSA-1:0];
            // A significand with its top bit set and the exponent e has the field e + OFFSET.
            accumulator_float #(
                .EXPONENT(SUM_EXPONENT), .MANTISSA(SUM_MANTISSA),
                .PRODUCT_SIGNIFICAND(INNER_MANTISSA + 1), .PRODUCT_EXPONENT(INNER_EXPONENT),
                .OFFSET(SUM_BIAS - INNER_BIAS)
            ) circuit (
                .sum(outer), .nan(special & some_mantissa), .infinite(special & ~some_mantissa),
                .negate(chunk[INNER_BITS-1]),
                .exponent(field | {{(INNER_EXPONENT-1){1'b0}}, ~normal}),
                .significand({normal, chunk[INNER_MANTISSA-1:0]}), .result(added)
            );
        end else begin : integers
            accumulator_integer #(
                .BITS(SUM_BITS), .PRODUCT(INNER_BITS), .SATURATES(SUM_SATURATES)
            ) circuit (
                .sum(outer), .negate(1'b0), .product(chunk), .result(added)
            );
        end
    endgenerate
endmodule
