// SPDX-License-Identifier: Apache-2.0
// Chunks of a sum as parameters, beside those of arithmetic.svh. They are apart from those for the
// circuits without chunks to be synthesised under the same names, with chunks in the array or not.
`ifndef SYSTOLE_CHUNKS_SVH
`define SYSTOLE_CHUNKS_SVH
`include "arithmetic.svh"

// With CHUNK (products that an inner register sums, 0: none) products are added to the inner sum,
// and a whole chunk to the outer one, which is that of arithmetic.svh. Both are floats of IEEE 754,
// or both are two's complement.
`define CHUNK_PARAMETERS \
    parameter integer CHUNK = 0, \
    parameter integer INNER_BITS = 32, \
    parameter integer INNER_SATURATES = 0, \
    parameter integer INNER_EXPONENT = 8, \
    parameter integer INNER_MANTISSA = 23, \
    parameter integer INNER_BIAS = 127

`define CHUNK_ARGUMENTS \
    .CHUNK(CHUNK), .INNER_BITS(INNER_BITS), .INNER_SATURATES(INNER_SATURATES), \
    .INNER_EXPONENT(INNER_EXPONENT), .INNER_MANTISSA(INNER_MANTISSA), .INNER_BIAS(INNER_BIAS)

// ARITHMETIC_ARGUMENTS of the element without chunks that sums a chunk.
`define INNER_ARGUMENTS \
    .MULTIPLIER(MULTIPLIER), .A_BITS(A_BITS), .A_SIGNED(A_SIGNED), .A_EXPONENT(A_EXPONENT), \
    .A_MANTISSA(A_MANTISSA), .A_BIAS(A_BIAS), .A_SPECIALS(A_SPECIALS), \
    .A_SUBNORMALS(A_SUBNORMALS), .W_BITS(W_BITS), .W_SIGNED(W_SIGNED), .W_EXPONENT(W_EXPONENT), \
    .W_MANTISSA(W_MANTISSA), .W_BIAS(W_BIAS), .W_SPECIALS(W_SPECIALS), \
    .W_SUBNORMALS(W_SUBNORMALS), .ACCUMULATOR(ACCUMULATOR), .SUM_BITS(INNER_BITS), \
    .SUM_SATURATES(INNER_SATURATES), .SUM_EXPONENT(INNER_EXPONENT), \
    .SUM_MANTISSA(INNER_MANTISSA), .SUM_BIAS(INNER_BIAS)

// Of a stationary array: a sum on its way is {outer, inner}, and a stationary operand has two tags
// on top, {closes, used}: its product is the last one of a chunk, and it is added at all. Without
// chunks there is the second one alone.
`define OPEN_BITS (SUM_BITS + (CHUNK != 0 ? INNER_BITS : 0))
`define TAG_BITS (CHUNK != 0 ? 2 : 1)

`endif
