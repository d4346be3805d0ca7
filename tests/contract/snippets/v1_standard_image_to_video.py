import fal_client

def on_queue_update(update):
    if isinstance(update, fal_client.InProgress):
        for log in update.logs:
           print(log["message"])

result = fal_client.subscribe(
    "fal-ai/kling-video/v1/standard/image-to-video",
    arguments={
        "prompt": "Snowflakes fall as a car moves forward along the road.",
        "image_url": "https://storage.googleapis.com/falserverless/kling/kling_input.jpeg"
    },
    with_logs=True,
    on_queue_update=on_queue_update,
)
print(result)
