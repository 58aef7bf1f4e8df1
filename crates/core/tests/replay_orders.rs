//! Readers of one body, in any order of polls, drops and frames: whoever comes to a good end has read all.

#![cfg(not(loom))]

use http::{HeaderMap, HeaderValue};
use http_body::Body;
use palisade_core::replay::{Recording, Replay};
use proptest::collection::vec;
use proptest::prelude::*;

mod support;

use support::pipe::{Boxed, Reading, Sender, recorded, trailers};
use support::seeded;

#[derive(Clone, Copy, Debug)]
enum Act {
    /// The client sends its next frame, or ends.
    Send,
    Poll(usize),
    Drop(usize),
    Remake,
    /// The call has succeeded.
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Well,
    Trailers,
    Error,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Send),
        8 => (0..4_usize).prop_map(Act::Poll),
        1 => (0..4_usize).prop_map(Act::Drop),
        2 => Just(Act::Remake),
        1 => Just(Act::Close),
    ]
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![2 => Just(End::Well), 2 => Just(End::Trailers), 1 => Just(End::Error)]
}

struct Play {
    sender: Sender,
    frames: Vec<Vec<u8>>,
    sent: usize,
    end: End,
    readings: Vec<Option<Reading>>,
    kept: Option<Recording<Boxed>>,
    most: usize,
}

impl Play {
    fn new(sizes: Vec<usize>, end: End, most: usize) -> Self {
        let (sender, first, kept) = recorded(most);
        let mut bytes = (0..=u8::MAX).cycle();
        let frames = sizes.into_iter().map(|size| bytes.by_ref().take(size).collect()).collect();
        let readings = vec![Some(first)];
        Self { sender, frames, sent: 0, end, readings, kept: Some(kept), most }
    }

    fn trailers(&self) -> HeaderMap {
        if self.end == End::Trailers { trailers() } else { HeaderMap::new() }
    }

    fn whole(&self) -> Vec<u8> {
        self.frames.concat()
    }

    fn weight(&self) -> usize {
        let trailer =
            |(name, value): (&http::HeaderName, &HeaderValue)| name.as_str().len() + value.len();
        self.whole().len() + self.trailers().iter().map(trailer).sum::<usize>()
    }

    fn send(&mut self) {
        match self.frames.get(self.sent) {
            Some(frame) => self.sender.data(frame.clone()),
            None if self.sent > self.frames.len() => return,
            None => match self.end {
                End::Well => self.sender.close(),
                End::Trailers => self.sender.trailers(self.trailers()),
                End::Error => self.sender.error("reset"),
            },
        }
        self.sent += 1;
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Send => self.send(),
            Act::Poll(number) => {
                if let Some(Some(reading)) = self.readings.get_mut(number)
                    && reading.end.is_none()
                {
                    reading.poll();
                }
            }
            Act::Drop(number) => drop(self.readings.get_mut(number).and_then(Option::take)),
            Act::Remake => {
                let remade = self.kept.as_ref().map(Boxed::remake);
                if remade.as_ref().is_some_and(Option::is_none) {
                    assert!(self.weight() > self.most || self.end == End::Error, "kept");
                }
                if self.readings.len() < 4 {
                    self.readings.extend(remade.flatten().map(|body| Some(Reading::new(body))));
                }
            }
            Act::Close => self.kept = None,
        }
        assert!(self.sender.held() <= self.most, "{} bytes held", self.sender.held());
        for reading in self.readings.iter().flatten() {
            assert!(self.whole().starts_with(&reading.bytes), "{:?}", reading.bytes);
            let hint = reading.body().size_hint();
            let left = (self.whole().len() - reading.bytes.len()) as u64;
            assert!(hint.lower() <= left && hint.upper().is_none());
        }
    }

    /// Sends the rest, and polls only who was woken: nobody may wait for ever.
    fn finish(&mut self) {
        for reading in self.readings.iter_mut().flatten() {
            reading.run();
        }
        while self.sent <= self.frames.len() {
            self.send();
            while let Some(woken) =
                self.readings.iter_mut().flatten().find(|r| r.end.is_none() && r.is_woken())
            {
                woken.run();
            }
        }
    }

    fn judge(&self) {
        let mut met = 0;
        for reading in self.readings.iter().flatten() {
            match reading.end.as_ref().expect("nobody waits for ever") {
                Ok(()) => {
                    assert_ne!(self.end, End::Error);
                    assert_eq!(reading.bytes, self.whole());
                    assert_eq!(reading.trailers.clone().unwrap_or_default(), self.trailers());
                }
                Err(error) if error.to_string() == "reset" => met += 1,
                Err(_) => assert!(self.weight() > self.most || self.end == End::Error),
            }
        }
        assert!(met <= 1, "an error has one reader");
    }
}

proptest! {
    #![proptest_config(seeded(4_000))]

    #[test]
    fn whoever_ends_well_has_read_all_and_nobody_waits_for_ever(
        sizes in vec(0..6_usize, 0..6),
        end in end(),
        most in 0..40_usize,
        acts in vec(act(), 0..60),
    ) {
        let mut play = Play::new(sizes, end, most);
        for act in acts {
            play.act(act);
        }
        play.finish();
        play.judge();
    }
}
