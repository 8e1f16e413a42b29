/** Whether the browser offers WebGPU; if not, why. */
export async function webgpuObstacle(): Promise<string | null> {
  const { gpu } = navigator as { gpu?: { requestAdapter(): Promise<object | null> } };
  if (!gpu) return 'this browser has no navigator.gpu';
  return (await gpu.requestAdapter()) ? null : 'this browser offers no adapter';
}
