package import ParleyBase
internal import ParleyEngine
package import ParleyNetwork

/// A holder that hands its values to the cleartext engine as they are.
package final class InsecureClearDealer: InputDealer {
  private let mesh: any MessageLinks
  /// A dealer for this party's mesh.
  package init(mesh: any MessageLinks) { self.mesh = mesh }

  package func dealArith(_ values: [UInt64], step: StepID) throws(ParleyError) {
    try mesh.send(step: step, to: PartyIndex(0), words: values)
  }
  package func dealPlanes(_ planes: [[UInt64]], count: Int, step: StepID) throws(ParleyError) {
    try mesh.send(step: step, to: PartyIndex(0), planes: planes, count: count)
  }
}

/// A recipient of the cleartext engine's outputs.
package final class InsecureClearReceiver: OutputReceiver {
  private let mesh: any MessageLinks
  /// A receiver for this party's mesh.
  package init(mesh: any MessageLinks) { self.mesh = mesh }

  package func receiveArith(count: Int, step: StepID) throws(ParleyError) -> [UInt64] {
    try mesh.receiveWords(step: step, from: PartyIndex(0), count: count)
  }
  package func receivePlanes(planes: Int, count: Int, step: StepID) throws(ParleyError) -> [[UInt64]] {
    try mesh.receivePlanes(step: step, from: PartyIndex(0), planes: planes, count: count)
  }
}

extension MessageLinks {
  /// 8 bytes for each word.
  package func send(step: StepID, to party: PartyIndex, words: [UInt64]) throws(ParleyError) {
    try send(step: step, to: party, byteCount: words.count * 8) { target in
      words.withUnsafeBytes { target.copyMemory(from: $0) }
    }
  }

  /// Each plane in whole bytes, one after the other.
  package func send(step: StepID, to party: PartyIndex, planes: [[UInt64]], count: Int) throws(ParleyError) {
    let bytes = (count + 7) / 8
    try send(step: step, to: party, byteCount: planes.count * bytes) { target in
      for (index, plane) in planes.enumerated() where bytes > 0 {
        plane.withUnsafeBytes { source in
          UnsafeMutableRawBufferPointer(rebasing: target[index * bytes..<(index + 1) * bytes])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[0..<bytes]))
        }
      }
    }
  }

  /// `count` words of 8 bytes.
  package func receiveWords(step: StepID, from party: PartyIndex, count: Int) throws(ParleyError) -> [UInt64] {
    var words = [UInt64](repeating: 0, count: count)
    var failure: ParleyError?
    words.withUnsafeMutableBytes { target in
      do throws(ParleyError) { try receive(step: step, from: party, into: target) } catch { failure = error }
    }
    if let failure { throw failure }
    return words
  }

  /// Planes of `count` elements, each in whole bytes, one after the other.
  package func receivePlanes(
    step: StepID, from party: PartyIndex, planes: Int, count: Int
  ) throws(ParleyError) -> [[UInt64]] {
    let bytes = (count + 7) / 8
    var buffer = [UInt8](repeating: 0, count: planes * bytes)
    var failure: ParleyError?
    buffer.withUnsafeMutableBytes { target in
      do throws(ParleyError) { try receive(step: step, from: party, into: target) } catch { failure = error }
    }
    if let failure { throw failure }
    return (0..<planes).map { plane in
      (0..<(count + 63) / 64).map { word in
        (0..<8).reduce(UInt64(0)) { value, byte in
          let at = word * 8 + byte
          return at < bytes ? value | UInt64(buffer[plane * bytes + at]) << UInt64(8 * byte) : value
        }
      }
    }
  }
}
