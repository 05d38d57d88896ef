import ParleyBase
import ParleyGarbled
import ParleyNetwork
import ParleyTransfer
import Testing

/// Rows from oblivious transfers: the equation that labels rest on, and no row beyond what was made.
@Suite struct TransferredLabelsTests {
  @Test func rowsFitTogether() throws {
    let counts = [777, 1, 9_222]
    let results: [Result<[[UInt64]], ParleyError>] = runParties(InMemoryNetwork(count: 2)) { mesh in
      let isGarbler = mesh.local.rawValue == 0
      let labels = try TransferredLabels(
        10_000, isGarbler: isGarbler, over: mesh,
        context: TransferContext(
          sessionID: Array(repeating: 7, count: 32), sender: PartyIndex(0), receiver: PartyIndex(1), set: 0),
        step: .preparation(8))
      var parts: [[UInt64]] = isGarbler ? [try labels.difference().array] : []
      for count in counts {
        if isGarbler {
          parts.append(try labels.garblerRows(count).array)
        } else {
          let (rows, bits) = try labels.evaluatorRows(count)
          parts += [rows.array, bits.array]
        }
      }
      do throws(ParleyError) {
        _ = try labels.garblerRows(1)
        Issue.record("more rows than were made")
      } catch {
        #expect(error.code.rawValue == "internal/correlations")
      }
      return parts
    }
    let (garbler, evaluator) = (try results[0].get(), try results[1].get())
    let delta = garbler[0]
    #expect(delta[0] & 1 == 1)
    var ones = 0
    for (number, count) in counts.enumerated() {
      let (rows, active, bits) = (garbler[1 + number], evaluator[2 * number], evaluator[2 * number + 1])
      for row in 0..<count {
        let mask = 0 &- (bits[row / 64] >> UInt64(row % 64) & 1)
        ones += Int(mask & 1)
        for word in 0..<2 { #expect(active[2 * row + word] == rows[2 * row + word] ^ (delta[word] & mask)) }
      }
    }
    // 5,000 on average, with a standard deviation of 50.
    #expect((4_600...5_400).contains(ones))
  }
}
