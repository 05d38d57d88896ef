/// Loops: every pass runs like rounds of the program, and passes are the same work over and over (``times(_:payers:marks:_:)``).
extension CostModel {
  package mutating func eachPass(of walk: LoopWalk, from first: Int) {
    let (loop, schedule) = (walk.loop, walk.schedule)
    let payers = payers(in: schedule)
    let marks = RowBundle(
      arith: loop.state.arith + loop.shared.arith, planes: loop.state.planes + loop.shared.planes)
    passes(of: loop, walk.item.instruction.id) { model, count in
      model.times(count, stride: UInt64(loop.numbers) << 40, payers: payers, marks: marks) { $0.runPass(of: walk) }
    }
  }
  package mutating func complete(_ walk: LoopWalk) { free(walk.item.freed) }

  private func payers(in schedule: Schedule) -> Set<Int> {
    var numbers: Set<Int> = []
    for round in schedule.rounds {
      for item in round.exchanges + round.reductions + round.rowAlgorithms + round.locals {
        numbers.formUnion(ledger.payers(item.instruction).numbers)
        if let walk = LoopWalk(item) { numbers.formUnion(self.payers(in: walk.schedule)) }
        for function in item.instruction.kind.functions { numbers.formUnion(FunctionWork(function, self).payers) }
      }
    }
    return numbers
  }

  /// Values get other names: nothing is copied, and a buffer lives as long as one of its names does.
  package mutating func hand(_ from: RowBundle, over to: RowBundle, freeing freed: RegisterSet) {
    let words = from.arith.map {
      (size: sizes[$0.index], buffer: buffers.arith[$0.index], isRecorded: isRecorded.arith.contains($0.index))
    }
    let planes = from.planes.map {
      (buffer: buffers.planes[$0.index], isRecorded: isRecorded.planes.contains($0.index))
    }
    for place in words.map(\.buffer) + planes.map(\.buffer) { buffers.hold(place) }
    free(freed)
    for (register, value) in zip(to.arith, words) {
      sizes[register.index] = value.size
      buffers.arith[register.index] = value.buffer
      if value.isRecorded { isRecorded.arith.insert(register.index) }
    }
    for (register, value) in zip(to.planes, planes) {
      buffers.planes[register.index] = value.buffer
      if value.isRecorded { isRecorded.planes.insert(register.index) }
    }
  }
}
