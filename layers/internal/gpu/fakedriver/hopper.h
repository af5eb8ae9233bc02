// The kernels of kernels/hopper.cu for the host.
#pragma once

KERNEL void bf16_wgmma_128x256(ARGUMENTS) { multiply<Bf16>(out, x, w, bias, rows, n, pitch); }
KERNEL void bf16_wgmma_128x128(ARGUMENTS) { multiply<Bf16>(out, x, w, bias, rows, n, pitch); }
KERNEL void bf16_wgmma_64x64(ARGUMENTS) { multiply<Bf16>(out, x, w, bias, rows, n, pitch); }
KERNEL void tf32_wgmma_128x256(ARGUMENTS) { multiply<Tf32>(out, x, w, bias, rows, n, pitch); }
KERNEL void tf32_wgmma_128x128(ARGUMENTS) { multiply<Tf32>(out, x, w, bias, rows, n, pitch); }
KERNEL void tf32_wgmma_64x64(ARGUMENTS) { multiply<Tf32>(out, x, w, bias, rows, n, pitch); }
