/// Buffers of results. Those of one instruction are views of common ones, which go back with the last view.
struct LiveBuffers {
  struct Buffer {
    let bytes: Int
    var views: Int
    /// A product reads or writes one of the views.
    var isRecorded = false
  }
  var list: [Buffer] = []
  /// The buffer of each register, by number; -1 for none.
  var arith: [Int32]
  var planes: [Int32]

  init(_ lowered: LoweredProgram) {
    arith = Array(repeating: -1, count: lowered.arithCount)
    planes = Array(repeating: -1, count: lowered.planeCount)
  }

  mutating func add(_ written: RegisterSet, bytes: Int) {
    for register in written.arith { arith[register] = Int32(list.count) }
    for register in written.planes { planes[register] = Int32(list.count) }
    list.append(Buffer(bytes: bytes, views: written.arith.count + written.planes.count))
  }

  /// One view more.
  mutating func hold(_ place: Int32) { if place >= 0 { list[Int(place)].views += 1 } }

  /// One view fewer.
  ///
  /// - Returns: the buffer, if that was the last.
  mutating func release(arith register: Int, isRecorded: Bool) -> Buffer? {
    defer { arith[register] = -1 }
    return release(arith[register], isRecorded)
  }
  mutating func release(plane register: Int, isRecorded: Bool) -> Buffer? {
    defer { planes[register] = -1 }
    return release(planes[register], isRecorded)
  }
  private mutating func release(_ place: Int32, _ isRecorded: Bool) -> Buffer? {
    guard place >= 0 else { return nil }
    let index = Int(place)
    list[index].views -= 1
    if isRecorded { list[index].isRecorded = true }
    return list[index].views == 0 ? list[index] : nil
  }
}

/// Planned memory: the largest sum of what is live.
extension CostModel {
  func bytes(arith: Int, planes: Int, count: Int) -> Int {
    arith * count * descriptor.bytesPerWord + planes * ((count + 63) / 64) * descriptor.bitsPerBit * 8
  }

  mutating func allocate(_ instruction: Instruction, length: Int) {
    allocate(instruction.resultRegisters, count: instruction.resultLength(length, rows: rows))
  }
  mutating func allocate(_ bundle: RowBundle, length: Int) {
    var written = RegisterSet()
    written.add(bundle)
    allocate(written, count: length)
  }
  mutating func allocate(_ written: RegisterSet, count: Int) {
    for register in written.arith { sizes[register] = bytes(arith: 1, planes: 0, count: count) }
    let size = bytes(arith: written.arith.count, planes: written.planes.count, count: count)
    buffers.add(written, bytes: size)
    liveBytes += size
    work(0)
  }

  /// Notes that `bytes` are needed besides what is live.
  mutating func work(_ bytes: Int) { cost.peakShareBytes = max(cost.peakShareBytes, liveBytes + bytes) }

  /// Operands and results of products stay until the proof that covers them has folded them.
  mutating func free(_ registers: RegisterSet) {
    for register in registers.arith {
      sizes[register] = 0
      let isProduct = isRecorded.arith.contains(register)
      if let buffer = buffers.release(arith: register, isRecorded: isProduct) {
        end(buffer, isMac: authenticates)
      }
    }
    for register in registers.planes {
      let isProduct = isRecorded.planes.contains(register)
      if let buffer = buffers.release(plane: register, isRecorded: isProduct) {
        end(buffer, isMac: false)
      }
    }
  }
  private mutating func end(_ buffer: LiveBuffers.Buffer, isMac: Bool) {
    // Macs are checked at the end, proofs release what they have folded.
    if buffer.isRecorded && isMac { return }
    liveBytes -= buffer.bytes
    if buffer.isRecorded { retain(buffer.bytes) }
  }
  mutating func retain(_ bytes: Int) {
    liveBytes += bytes
    verification?.retainedBytes += bytes
  }
}
