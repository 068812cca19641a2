// SPDX-License-Identifier: Apache-2.0
// Shifts the highest one to the top, by halves, and counts the zeros that were above it. A value of
// zero stays, with a count of all ones. COUNT bits must hold BITS - 1.
module shift_left_normalise #(
    parameter integer BITS = 8,
    parameter integer COUNT = $clog2(BITS)
) (
    input  wire [BITS-1:0] value,
    output reg  [BITS-1:0] normalised,
    output reg  [COUNT-1:0] zeros
);
    integer stage;
    always_comb begin
        normalised = value;
        for (stage = COUNT - 1; stage >= 0; stage = stage - 1) begin
            zeros[stage] = ~|(normalised >> (BITS - (1 << stage)));
            normalised = zeros[stage] ? normalised << (1 << stage) : normalised;
        end
    end
endmodule
