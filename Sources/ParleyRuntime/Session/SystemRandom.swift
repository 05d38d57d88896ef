internal import Glibc
package import ParleyBase

/// Bytes of the operating system's generator, with its errors reported (protocols.md 13).
package enum SystemRandom {
  package static func bytes(_ count: Int) throws(ParleyError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // getentropy gives at most 256 bytes a call, waits until the generator is seeded, and is never interrupted.
    for start in stride(from: 0, to: count, by: 256) {
      let status = bytes.withUnsafeMutableBytes { buffer in
        getentropy(buffer.baseAddress! + start, min(256, count - start))
      }
      guard status == 0 else {
        throw ParleyError(
          .init("internal/randomness"), "the operating system gave no randomness (error \(errno))",
          remedy: "check that getrandom(2) is permitted in this container")
      }
    }
    return bytes
  }
}
