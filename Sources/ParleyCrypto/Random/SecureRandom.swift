/// Random bytes of the operating system (getrandom on Linux).
package enum SecureRandom {
  /// Where nothing of them may be left behind: in memory that its owner overwrites.
  package static func fill(_ target: UnsafeMutableRawBufferPointer) {
    var generator = SystemRandomNumberGenerator()
    for start in stride(from: 0, to: target.count, by: 8) {
      withUnsafeBytes(of: generator.next() as UInt64) { word in
        let size = Swift.min(8, target.count - start)
        UnsafeMutableRawBufferPointer(rebasing: target[start..<start + size])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: word[..<size]))
      }
    }
  }

  /// So many uniform bytes.
  package static func bytes(_ count: Int) -> [UInt8] {
    precondition(count >= 0, "negative count")
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
