import Glibc
import ParleyBase
import ParleyNetwork
import Synchronization

extension Mesh {
  /// Receives `count` bytes.
  func take(_ count: Int, step: StepID, from party: PartyIndex) throws(ParleyError) -> [UInt8] {
    let target = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
    defer { target.deallocate() }
    try receive(step: step, from: party, into: target)
    return Array(target)
  }

  func next(_ offset: Int = 1) -> PartyIndex { local.advanced(by: offset, of: count) }
}

func step(_ instruction: Int) -> StepID { StepID(instruction: instruction) }

/// The error of a party that had to fail, or a stand-in that no test expects.
func failure<R>(_ result: Result<R, ParleyError>) -> ParleyError {
  if case .failure(let error) = result { return error }
  return ParleyError(ParleyError.Code("test/no-error"), "no error")
}

/// Waits in real time until `condition` holds; gives up after a minute.
func eventually(_ condition: () -> Bool) -> Bool {
  let start = ContinuousClock.now
  while !condition() {
    if start.duration(to: .now) > .seconds(60) { return false }
    usleep(100)
  }
  return true
}

final class Flag: Sendable {
  private let value = Atomic<Bool>(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
