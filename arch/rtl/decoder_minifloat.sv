// SPDX-License-Identifier: Apache-2.0
// Takes a float's code apart. The value is (-1)^negative * significand * 2^exponent grid steps.
// With SUBNORMALS, exponent fields of 0 and of 1 both have exponent 0. Without (short float) the
// exponent is the field, and the hidden one is always there but for the all-zeros magnitude, which
// is zero; floats without mantissa have no such choice.
`include "arithmetic.svh"
module decoder_minifloat #(
    parameter integer EXPONENT = 4,
    parameter integer MANTISSA = 3,
    parameter integer SPECIALS = `SPECIALS_NONE,
    parameter integer SUBNORMALS = 1
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
    wire hidden;
    wire top = &field;

    generate
        if (SUBNORMALS != 0 || MANTISSA == 0) begin : subnormals
            assign hidden = normal;
            assign exponent = field - EXPONENT'(normal);
        end else begin : always_hidden
            assign hidden = ~zero;
            assign exponent = field;
        end
        if (MANTISSA > 0) begin : with_mantissa
            assign significand = {hidden, code[MANTISSA-1:0]};
            assign no_mantissa = ~|code[MANTISSA-1:0];
            assign nan = SPECIALS == `SPECIALS_IEEE ? top & ~no_mantissa :
                         SPECIALS == `SPECIALS_NAN_ONLY ? top & (&code[MANTISSA-1:0]) :
                         SPECIALS == `SPECIALS_FNUZ ? negative & ~normal & no_mantissa : 1'b0;
        end else begin : without_mantissa
            assign significand = hidden;
            assign no_mantissa = 1'b1;
            assign nan = SPECIALS == `SPECIALS_NAN_ONLY ? top :
                         SPECIALS == `SPECIALS_FNUZ ? negative & ~normal : 1'b0;
        end
    endgenerate

    assign negative = code[EXPONENT+MANTISSA];
    assign infinite = SPECIALS == `SPECIALS_IEEE ? top & no_mantissa : 1'b0;
    assign zero = ~normal & no_mantissa;
endmodule
