import ParleyBase
import ParleyNetwork
import Testing

@Suite struct InMemoryTests {
  @Test func deliversInOrder() throws {
    let results = runParties(InMemoryNetwork(count: 2)) { mesh -> [[UInt8]] in
      let peer = mesh.local.advanced(by: 1, of: 2)
      for i in 0..<5000 { try mesh.send(step: StepID(instruction: i), to: peer, bytes: [UInt8(i & 255), 7]) }
      try mesh.flush()
      var got: [[UInt8]] = []
      for i in 0..<5000 {
        var bytes: [UInt8] = [0, 0]
        try bytes.withUnsafeMutableBytes { try mesh.receive(step: StepID(instruction: i), from: peer, into: $0) }
        got.append(bytes)
      }
      return got
    }
    for got in try results.partyValues() {
      #expect(got == (0..<5000).map { [UInt8($0 & 255), 7] })
    }
  }
}
