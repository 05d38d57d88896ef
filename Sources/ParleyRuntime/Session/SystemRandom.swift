internal import Glibc
package import ParleyBase

/// Bytes of the operating system's generator, with its errors reported (protocols.md 13).
package enum SystemRandom {
  package static func bytes(_ count: Int) throws(ParleyError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes { buffer in
        getrandom(buffer.baseAddress! + filled, count - filled, 0)
      }
      if got < 0 {
        if errno == EINTR { continue }
        throw ParleyError(
          .init("internal/randomness"), "the operating system gave no randomness (error \(errno))",
          remedy: "check that getrandom(2) is permitted in this container")
      }
      filled += got
    }
    return bytes
  }
}
