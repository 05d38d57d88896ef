import ParleyCommand
import Testing

@Suite struct ProcessResourceTests {
  @Test func readsPeakMemory() throws {
    #expect(
      ProcessResources.peakMemoryBytes(status: "Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t   1234 kB\n") == 1234 * 1024)
    for bad in ["", "VmHWM:", "VmHWM: x kB", "VmHWM: 12 MB", "VmHWM: -1 kB", "XVmHWM: 3 kB"] {
      #expect(ProcessResources.peakMemoryBytes(status: bad) == nil, "\(bad)")
    }
    let before = try #require(ProcessResources.peakMemoryBytes)
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 20, alignment: 4096)
    for index in stride(from: 0, to: block.count, by: 4096) { block[index] = 1 }
    let after = try #require(ProcessResources.peakMemoryBytes)
    #expect(block[4096] == 1)
    block.deallocate()
    #expect(before > 1 << 20 && after >= 64 << 20)
  }

  @Test func clocksMove() {
    let process = ProcessResources.processorTime
    var sum: UInt64 = 0
    for index in 0..<3_000_000 as Range<UInt64> { sum = sum &* 31 &+ index }
    #expect(sum != 0)
    #expect(ProcessResources.processorTime > process)
  }
}
