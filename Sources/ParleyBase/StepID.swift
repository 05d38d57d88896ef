/// The position of one operation in a program: it addresses both the channel and the random stream.
///
/// Packed into 64 bits as instruction (24) · iteration (8) · sub-step (16) · chunk (16). A step is never
/// counted up at run time: it follows from the program alone, so that concurrency and retries cannot move it
/// (randomness and channels are addressed, not iterated: docs/protocols/keys.md#roles).
public struct StepID: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// A step; parts out of range trap.
  ///
  /// - Parameters:
  ///   - instruction: 0 ..< 2^24, unique in the program; passes of loops have numbers of their own.
  ///   - iteration: 0 ..< 2^8.
  ///   - sub: 0 ..< 2^16, what an instruction sends or draws apart from other things.
  ///   - chunk: 0 ..< 2^16, the piece of a message.
  public init(instruction: Int, iteration: Int = 0, sub: Int = 0, chunk: Int = 0) {
    precondition(instruction >= 0 && instruction < 1 << 24, "instruction out of range")
    precondition(iteration >= 0 && iteration < 1 << 8, "iteration out of range")
    precondition(sub >= 0 && sub < 1 << 16 && chunk >= 0 && chunk < 1 << 16, "sub-step out of range")
    rawValue =
      UInt64(instruction) << 40 | UInt64(iteration) << 32 | UInt64(sub) << 16 | UInt64(chunk)
  }

  /// Place of the instruction in its program, 0 ..< 2^24.
  public var instruction: Int { Int(rawValue >> 40) }
  /// Iteration within the instruction, 0 ..< 2^8.
  public var iteration: Int { Int(rawValue >> 32 & 0xff) }
  /// Sub-step within the iteration, 0 ..< 2^16.
  public var sub: Int { Int(rawValue >> 16 & 0xffff) }
  /// Chunk of the rows, 0 ..< 2^16.
  public var chunk: Int { Int(rawValue & 0xffff) }

  /// The same step with another iteration.
  public func iteration(_ value: Int) -> StepID {
    StepID(instruction: instruction, iteration: value, sub: sub, chunk: chunk)
  }
  /// The same step with another sub-step.
  public func sub(_ value: Int) -> StepID {
    StepID(instruction: instruction, iteration: iteration, sub: value, chunk: chunk)
  }
  /// The same step with another chunk.
  public func chunk(_ value: Int) -> StepID {
    StepID(instruction: instruction, iteration: iteration, sub: sub, chunk: value)
  }
  /// The step without its chunk: what keys a random stream, whose blocks are addressed by element.
  public var stream: StepID { StepID(rawValue: rawValue & ~0xffff) }

  /// Messages with which correlated randomness is obtained before the first input: 4096 numbers between those of programs and
  /// those of macs, proofs and control messages.
  public static let preparationInstructions = 0xdd_0000..<0xdd_1000
  /// The step of a message that obtains correlated randomness, `number` from 0 to 4095.
  public static func preparation(_ number: Int, sub: Int = 0) -> StepID {
    precondition(
      preparationInstructions.contains(preparationInstructions.lowerBound + number), "number out of range")
    return StepID(instruction: preparationInstructions.lowerBound + number, sub: sub)
  }
  /// Whether it is one of those.
  public var isPreparation: Bool { Self.preparationInstructions.contains(instruction) }

  /// Instructions from here on are control messages of the runtime (hello, session id, acknowledgements).
  public static let firstControlInstruction = 0xff_0000
  /// The step of a control message, `number` from 0.
  public static func control(_ number: Int, sub: Int = 0) -> StepID {
    StepID(instruction: firstControlInstruction + number, sub: sub)
  }

  public static func < (lhs: StepID, rhs: StepID) -> Bool { lhs.rawValue < rhs.rawValue }

  public var description: String {
    var text =
      instruction >= Self.firstControlInstruction
      ? "control-\(instruction - Self.firstControlInstruction)"
      : isPreparation
        ? "preparation-\(instruction - Self.preparationInstructions.lowerBound)" : "step-\(instruction)"
    if iteration > 0 { text += ".\(iteration)" }
    if sub > 0 { text += "/\(sub)" }
    if chunk > 0 { text += "#\(chunk)" }
    return text
  }
}
