// SPDX-License-Identifier: Apache-2.0
// Keeps the operands of a step for all CYCLES of its products: they are on the input in the first.
module hold #(
    parameter integer BITS = 8,
    parameter integer CYCLES = 1
) (
    input  wire clock,
    input  wire enable,
    input  wire first,
    input  wire [BITS-1:0] in,
    output wire [BITS-1:0] out
);
    generate
        if (CYCLES == 1) begin : wires
            assign out = in;
        end else begin : registers
            reg [BITS-1:0] held;
            assign out = first ? in : held;
            always_ff @(posedge clock) begin
                if (enable) held <= out;
            end
        end
    endgenerate
endmodule
