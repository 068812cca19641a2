// SPDX-License-Identifier: Apache-2.0
// STAGES registers in a row; none of them is a wire. Only control bits need the reset.
module delay #(
    parameter integer BITS = 8,
    parameter integer STAGES = 1,
    parameter integer RESETS = 0
) (
    input  wire clock,
    input  wire reset,
    input  wire enable,
    input  wire [BITS-1:0] in,
    output wire [BITS-1:0] out
);
    generate
        if (STAGES == 0) begin : wires
            assign out = in;
        end else begin : registers
            reg [BITS*STAGES-1:0] stages;  // the newest lowest
            wire [BITS*(STAGES+1)-1:0] shifted = {stages, in};
            always_ff @(posedge clock) begin
                if (RESETS != 0 && reset) stages <= {(BITS*STAGES){1'b0}};
                else if (enable) stages <= shifted[BITS*STAGES-1:0];
            end
            assign out = stages[BITS*(STAGES-1) +: BITS];
        end
    endgenerate
endmodule
