// SPDX-License-Identifier: Apache-2.0
// Takes a float's code apart. The value is (-1)^negative * significand * 2^exponent grid steps; an
// exponent field of 0 (subnormals) and of 1 both have exponent 0.
`include "arithmetic.svh"
module decoder_minifloat #(
    parameter integer EXPONENT = 4,
    parameter integer MANTISSA = 3,
    parameter integer SPECIALS = `SPECIALS_NONE
) (
    input  wire [EXPONENT+MANTISSA:0] code,
    output wire negative,
    output wire [EXPONENT-1:0] exponent,
    output wire [MANTISSA:0] significand,
    output wire nan,
    output wire infinite,
    output wire zero
);
    wire [EXPONENT-1:0] field = code[EXPONENT+MANTISSA-1 -: EXPONENT];
    wire normal = |field;
    wire no_mantissa;
    wire top = &field;

    generate
        if (MANTISSA > 0) begin : with_mantissa
            assign significand = {normal, code[MANTISSA-1:0]};
            assign no_mantissa = ~|code[MANTISSA-1:0];
            assign nan = SPECIALS == `SPECIALS_IEEE ? top & ~no_mantissa :
                         SPECIALS == `SPECIALS_NAN_ONLY ? top & (&code[MANTISSA-1:0]) :
                         SPECIALS == `SPECIALS_FNUZ ? negative & ~normal & no_mantissa : 1'b0;
        end else begin : without_mantissa
            assign significand = normal;
            assign no_mantissa = 1'b1;
            assign nan = SPECIALS == `SPECIALS_NAN_ONLY ? top :
                         SPECIALS == `SPECIALS_FNUZ ? negative & ~normal : 1'b0;
        end
    endgenerate

    assign negative = code[EXPONENT+MANTISSA];
    assign exponent = field - EXPONENT'(normal);
    assign infinite = SPECIALS == `SPECIALS_IEEE ? top & no_mantissa : 1'b0;
    assign zero = ~normal & no_mantissa;
endmodule
