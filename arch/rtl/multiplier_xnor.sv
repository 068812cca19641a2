// SPDX-License-Identifier: Apache-2.0
// Codes 1 and 0 that stand for 1 and -1: the product is 1 where they are equal (Rastegari et al.
// 2016, XNOR-Net).
module multiplier_xnor (
    input  wire activation,
    input  wire weight,
    output wire [1:0] product  // two's complement
);
    assign product = {activation ^ weight, 1'b1};
endmodule
