// SPDX-License-Identifier: Apache-2.0
// Integers of any two widths, signed or not, by rows of partial products (Baugh and Wooley 1973):
// where exactly one of the two bits has negative weight, -x * 2^n is written (1 - x) * 2^n - 2^n,
// and the constants of all such bits are one number. A synthesiser's own signed `a * b` extends the
// signs instead and is half as large again.
module multiplier_integer #(
    parameter integer A_BITS = 8,
    parameter integer A_SIGNED = 1,
    parameter integer W_BITS = 8,
    parameter integer W_SIGNED = 1
) (
    input  wire [A_BITS-1:0] activation,
    input  wire [W_BITS-1:0] weight,
    output reg  [A_BITS+W_BITS-1:0] product  // two's complement if an operand is signed
);
    localparam integer BITS = A_BITS + W_BITS;

    // The bits of a row whose weight is negative.
    function automatic [A_BITS-1:0] complemented(input integer row);
        integer column;
        for (column = 0; column < A_BITS; column = column + 1) begin
            complemented[column] = (A_SIGNED != 0 && column == A_BITS - 1) !=
                                   (W_SIGNED != 0 && row == W_BITS - 1);
        end
    endfunction

    function automatic [BITS-1:0] correction(input integer unused);
        integer row;
        correction = {BITS{1'b0}};
        for (row = unused; row < W_BITS; row = row + 1) begin
            correction = correction - ({{W_BITS{1'b0}}, complemented(row)} << row);
        end
    endfunction

    localparam [BITS-1:0] CORRECTION = correction(0);

    integer i;
    always_comb begin
        product = CORRECTION;
        for (i = 0; i < W_BITS; i = i + 1) begin
            product = product + ({{W_BITS{1'b0}},
                                  (activation & {A_BITS{weight[i]}}) ^ complemented(i)} << i);
        end
    end
endmodule
