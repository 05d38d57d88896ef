/// Random bytes of the operating system (getrandom on Linux).
package enum SecureRandom {
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
