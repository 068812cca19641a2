// SPDX-License-Identifier: Apache-2.0
// Lane i of a vector is delayed by i cycles.
module skew #(
    parameter integer LANES = 4,
    parameter integer BITS = 8
) (
    input  wire clock,
    input  wire enable,
    input  wire [LANES*BITS-1:0] in,
    output wire [LANES*BITS-1:0] out
);
    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
            delay #(.BITS(BITS), .STAGES(lane)) registers (
                .clock(clock), .reset(1'b0), .enable(enable), .in(in[BITS*lane +: BITS]),
                .out(out[BITS*lane +: BITS])
            );
        end
    endgenerate
endmodule
