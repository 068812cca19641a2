// SPDX-License-Identifier: Apache-2.0
// A multiplier alone, all of whose product is wanted. Only the bit-serial one uses the clock.
`include "arithmetic.svh"
module bare_multiplier #(`ARITHMETIC_PARAMETERS) (
    input  wire clock,
    input  wire first,
    input  wire [A_BITS-1:0] activation,
    input  wire [W_BITS-1:0] weight,
    output wire [`PRODUCT_BITS-1:0] product
);
    multiplier #(`ARITHMETIC_ARGUMENTS) circuit (
        .clock(clock), .enable(1'b1), .first(first), .activation(activation), .weight(weight),
        .product(product)
    );
endmodule
